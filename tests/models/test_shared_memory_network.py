import subprocess
import sys

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


def _scann():
    pytest.importorskip("scann")
    return layers.ScaNNRetrieval()


def _assert_answers_alike(one, two):
    for received, expected in zip(one, two, strict=True):
        assert received.text == expected.text
        assert received.support == expected.support
        np.testing.assert_array_equal(received.slots, expected.slots)
        np.testing.assert_allclose(
            received.addresses, expected.addresses, atol=1e-6
        )


LOAD = """
import sys
import keras
import memnet_tf.models
from tests.models.test_shared_memory_network import QUESTIONS

network = keras.saving.load_model(sys.argv[1])
print([answer.support for answer in network.answer(QUESTIONS)])
"""


def test_a_new_process_answers_the_same(tmp_path):
    network = _trained(k=4, epochs=2)
    network.save(tmp_path / "network.keras")
    ran = subprocess.run(
        [sys.executable, "-c", LOAD, tmp_path / "network.keras"],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    answers = network.answer(QUESTIONS)
    assert ran.stdout.splitlines()[-1] == str([a.support for a in answers])


@pytest.mark.parametrize(
    "retrieval",
    [
        layers.ExactRetrieval,
        _inverted_file,
        pytest.param(_scann, marks=pytest.mark.scann),
    ],
)
def test_a_loaded_network_finds_what_it_found(retrieval, tmp_path):
    network = make_network(layers.MemoryResponse, retrieval)
    network.remember(STATEMENTS)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    _assert_answers_alike(loaded.answer(QUESTIONS), network.answer(QUESTIONS))
    loaded.remember(STATEMENTS[:2])
    assert set(loaded.answer(QUESTIONS[0]).support[0]) <= {*STATEMENTS[:2], ""}


@pytest.mark.parametrize(
    "retrieval",
    [
        layers.ExactRetrieval,
        _inverted_file,
        pytest.param(_scann, marks=pytest.mark.scann),
    ],
)
def test_an_empty_memory_is_read_as_nothing(retrieval):
    network = make_network(layers.MemoryResponse, retrieval)
    for _ in range(2):
        answer = network.answer("Where is Anna?")
        assert answer.text == ""
        assert np.isfinite(answer.score)
        assert answer.slots.tolist() == [[-1, -1, -1]]
        assert answer.support == (("", "", ""),)
        assert not np.any(answer.addresses)
        network.remember(["", "...", " "])  # nothing but blanks


def test_fewer_statements_than_k_are_all_read():
    network = make_network(k=5)
    network.remember(["", *STATEMENTS[:2], "!"])
    answer = network.answer("Where is Anna?")
    assert sorted(answer.slots[0].tolist()) == [-1, -1, -1, 1, 2]
    assert answer.addresses.sum() == pytest.approx(1)


def test_k_above_the_memory_size():
    network = make_network(layers.MemoryResponse, memory_size=2, k=5)
    network.remember(STATEMENTS[:2])
    assert set(network.answer("Where?").support[0]) == {*STATEMENTS[:2], ""}


def test_strange_questions_get_an_answer():
    network = make_network()
    network.remember(STATEMENTS)
    for question in ("", "...", "Where is Zyx?", "Ünïcödé 東京 🙂"):
        answer = network.answer(question)
        assert answer.text in network.word_ids.vocabulary
        assert np.isfinite(answer.score)


def test_what_is_remembered_takes_the_place_of_what_was():
    network = make_network(k=8)
    network.remember(STATEMENTS)
    network.remember(["Anna is in the hall.", "Anna is in the hall."])
    answer = network.answer("Where is Anna?")
    assert sorted(answer.slots[0].tolist()) == [-1] * 6 + [0, 1]
    network.remember([])
    assert set(network.answer("Where is Anna?").slots[0].tolist()) == {-1}


def test_what_cannot_be_is_refused(tmp_path):
    network = make_network()
    with pytest.raises(ValueError, match="at most 12 `statements`.*13"):
        network.remember(["Anna"] * 13)
    for wrong in ("Anna", [b"Anna"], [None]):
        with pytest.raises(ValueError, match="Expected `statements`"):
            network.remember(wrong)
    with pytest.raises(ValueError, match="Expected `questions`"):
        network.answer([1])
    with pytest.raises(ValueError, match="as many answers `y`.*2 and 1"):
        network.encode({"question": ["Where?"]}, ["hall", "attic"])
    statements = make_network(layers.MemoryResponse)
    statements.remember(STATEMENTS)
    with pytest.raises(ValueError, match="one of the.*Received: 'hall'"):
        statements.encode({"question": ["Where?"]}, ["hall"])
    with pytest.raises(ValueError, match="Expected `flavour`.*'fast'"):
        network.export(tmp_path / "model", "fast")
    with pytest.raises(ValueError, match="with a retrieval layer"):
        make_network(retrieval=lambda: None)
    with pytest.raises(ValueError, match="`memory_size`.*Received: 0"):
        make_network(memory_size=0)
    with pytest.raises(ValueError, match="Expected slots of one embedding"):
        make_network(hops=1, tables=3)


def test_without_backtracking_memories_have_keys_and_values():
    with pytest.raises(ValueError, match="Expected `input_map` to be a KeyV"):
        make_network(backtracking=False)
