import keras
import numpy as np
import pytest
import tensorflow as tf

from memnet_tf import layers
from memnet_tf.models import SharedMemoryNetwork
from memnet_tf.training import IndexRefresh

NAMES = ["anna", "bert", "cleo", "dora", "emil", "fritz", "greta", "hans"]
PLACES = ["attic", "cellar", "garden", "kitchen", "office", "hall"]
WORDS = ["is", "in", "the", "where", *NAMES, *PLACES]
STATEMENTS = [
    f"{name.title()} is in the {PLACES[place % 6]}."
    for place, name in enumerate(NAMES)
]
QUESTIONS = [f"Where is {name}?" for name in NAMES]
ANSWERS = [PLACES[place % 6] for place in range(len(NAMES))]


def make_network(
    response=None,
    retrieval=layers.ExactRetrieval,
    memory_size=12,
    k=3,
    hops=1,
    tables=2,
    **arguments,
):
    keras.utils.set_random_seed(0)
    words = len(WORDS) + 2
    return SharedMemoryNetwork(
        word_ids=layers.WordIds(WORDS, 6),
        input_map=layers.PositionEncoding(words, 16, tables),
        output_map=layers.OutputMap(
            hops,
            "top_k",
            k,
            "layer_wise" if hops > 1 else "adjacent",
            retrieval=retrieval(),
        ),
        response=(response or layers.WordResponse)(words)
        if response is not layers.MemoryResponse
        else response(),
        memory_size=memory_size,
        **arguments,
    )


def _inverted_file():
    return layers.InvertedFileRetrieval(cells=3, probes=2, shortlist=12)


def _read_by_hand(network, question):
    """What one hop reads of every statement, in numpy: slots and weights."""
    ids = network.word_ids(np.array(STATEMENTS))
    key, value = np.moveaxis(network.input_map(ids).numpy(), 1, 0)
    asked = network.encode_question(network.word_ids(np.array([question])))
    asked = asked.numpy()[0]
    slots = np.argsort(-(key @ asked))[: network.output_map.k]
    weights = np.exp(key[slots] @ asked)
    weights /= weights.sum()
    return slots, weights, asked + weights @ value[slots]


def test_a_hop_reads_the_best_statements():
    network = make_network()
    network.remember(STATEMENTS)
    answer = network.answer("Where is Cleo?")
    slots, weights, output = _read_by_hand(network, "Where is Cleo?")
    assert answer.slots.tolist() == [slots.tolist()]
    np.testing.assert_allclose(answer.addresses, [weights], rtol=1e-5)
    assert answer.support == (tuple(STATEMENTS[slot] for slot in slots),)
    logits = network.response(output[None]).numpy()[0]
    assert answer.text == network.word_ids.all_words()[np.argmax(logits)]
    shares = np.exp(logits) / np.exp(logits).sum()
    assert answer.score == pytest.approx(shares.max(), rel=1e-5)


def _trained(response=None, y=ANSWERS, epochs=60, callbacks=(), **arguments):
    network = make_network(response, **arguments)
    network.remember(STATEMENTS)
    network.compile(keras.optimizers.Adam(0.02), steps_per_execution=4)
    network.fit(
        x={"question": QUESTIONS * 4},
        y=list(y) * 4,
        batch_size=8,
        epochs=epochs,
        verbose=0,
        callbacks=[callback(network) for callback in callbacks],
    )
    return network


def _refresh(network):
    return IndexRefresh(
        network.retrieval, network.encode_keys, steps=8, mask=network.mask
    )


@pytest.mark.parametrize("retrieval", [layers.ExactRetrieval, _inverted_file])
def test_it_learns_words_from_strings(retrieval):
    network = _trained(retrieval=retrieval, k=4, callbacks=[_refresh])
    assert [a.text for a in network.answer(QUESTIONS)] == ANSWERS
    assert (
        network.evaluate(
            *network.encode({"question": QUESTIONS}, ANSWERS),
            verbose=0,
            return_dict=True,
        )["accuracy"]
        == 1
    )


def test_it_learns_candidates():
    candidates = [f"the {place}" for place in PLACES]
    network = _trained(
        layers.CandidateResponse,
        [f"the {place}" for place in ANSWERS],
        candidates=candidates,
        k=4,
    )
    assert [a.text[4:] for a in network.answer(QUESTIONS)] == ANSWERS


def test_it_learns_statements():
    network = _trained(layers.MemoryResponse, STATEMENTS, k=4)
    assert [a.text for a in network.answer(QUESTIONS)] == STATEMENTS


def test_gradients_reach_every_part_through_what_is_read():
    network = make_network(hops=2)
    network.remember(STATEMENTS)
    x, y = network.encode({"question": QUESTIONS}, ANSWERS)
    network.compile()
    with tf.GradientTape() as tape:
        outputs = network(x, training=True)
        loss = network.compute_loss(x, y, outputs)
    weights = network.trainable_weights
    for weight, gradient in zip(
        weights, tape.gradient(loss, weights), strict=True
    ):
        assert np.any(tf.convert_to_tensor(gradient) != 0), weight.path


def test_training_finds_by_old_keys_and_reads_by_new_embeddings():
    network = make_network(question_map=layers.BagOfWords(len(WORDS) + 2, 16))
    network.remember(STATEMENTS)
    before = network.answer(QUESTIONS[0])
    network.input_map.embeddings.assign(-3 * network.input_map.embeddings)
    old = network.answer(QUESTIONS[0])
    np.testing.assert_array_equal(np.sort(old.slots), np.sort(before.slots))
    slots, weights, _ = _read_by_hand(network, QUESTIONS[0])
    network.index()
    new = network.answer(QUESTIONS[0])
    np.testing.assert_array_equal(new.slots, [slots])
    np.testing.assert_allclose(new.addresses, [weights], rtol=1e-4)
