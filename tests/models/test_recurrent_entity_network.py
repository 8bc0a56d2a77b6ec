import keras
import numpy as np
import pytest

from memnet_tf.models import RecurrentEntityNetwork
from tests.models import task
from tests.models.task import WORDS

RANDOM = np.random.default_rng(0)
STORY = RANDOM.integers(2, 8, (3, 4, 3)).astype("int32")
STORY[0, 2:], STORY[1, 0], STORY[:, 1, 2] = 0, 0, 0
QUESTION = RANDOM.integers(2, 8, (3, 3)).astype("int32")


def _network(entities=2, **arguments):
    network = RecurrentEntityNetwork(
        WORDS, 3, 4, units=5, entities=entities, **arguments
    )
    for weight in network.trainable_weights:
        weight.assign(RANDOM.normal(size=weight.shape) * 0.7)
    return network


def _prelu(x, slope):
    return np.maximum(x, 0) + slope * np.minimum(x, 0)


def _answer(network, story, question, keys):
    """Section 2 of Henaff et al. 2016 for one example."""
    embeddings = network.input_map.embeddings.numpy()
    masks = network.input_map.mask.numpy()

    def sentence(words, kind):
        present = (words > 0)[:, None]
        return (embeddings[words] * masks[kind] * present).sum(axis=0)

    g, update = [
        {weight.name: weight.numpy() for weight in layer.weights}
        for layer in (network.generalization, network.output_map.update)
    ]
    slots = keys
    for words in story[story.any(axis=1)]:
        s = sentence(words, 0)
        gate = slots @ s + keys @ s + g["gate_bias"]
        gate = 1 / (1 + np.exp(-gate))
        new = slots @ g["of_slot"] + keys @ g["of_key"]
        new = _prelu(new + s @ g["of_input"] + g["bias"], g["slope"])
        slots = slots + gate[:, None] * new
        slots = slots / np.linalg.norm(slots, axis=1, keepdims=True)
    q = sentence(question, 1)
    shares = np.exp(slots @ q) / np.exp(slots @ q).sum()
    state = _prelu(q + shares @ slots @ update["of_read"], update["slope"])
    return network.response.embeddings.numpy() @ state, shares


@pytest.mark.parametrize("entities", [2, ["mary", "John"]])
def test_the_forward_pass_is_that_of_the_paper(entities):
    network = _network(entities)
    outputs = network({"story": STORY, "question": QUESTION})
    if entities == 2:
        keys = network.generalization.keys.numpy()
    else:
        keys = network.input_map.embeddings.numpy()[[3, 2]]
    for row in range(3):
        logits, shares = _answer(network, STORY[row], QUESTION[row], keys)
        np.testing.assert_allclose(
            outputs["answer"][row, 2:], logits[2:], atol=1e-5
        )
        np.testing.assert_allclose(
            outputs["addresses"][row, 0], shares, atol=1e-5
        )


def test_an_answer_reads_all_of_a_story_and_training_its_newest():
    network = _network()
    story = ["John went office", "Mary went garden"] * 5
    answer = network.answer(story, "Where john?")
    assert answer.addresses.shape == (1, 10)
    np.testing.assert_allclose(answer.addresses.sum(), 1, atol=1e-6)
    assert answer.support[0] in story
    ids, _ = network.encode({"story": [story], "question": ["Where?"]})
    assert ids["story"].shape == (1, 4, 3)
    read = network(
        network.encode({"story": [story[-4:]], "question": ["?"]})[0]
    )
    np.testing.assert_array_equal(
        network({**ids, "question": 0 * ids["question"]})["answer"],
        read["answer"],
    )


def test_a_conversation_is_kept_in_as_many_slots():
    network = _network()
    memory = network.remember(STORY[:, :2])
    memory = network.remember(STORY[:, 2:], memory)
    assert memory.features.shape == (3, 2, 5)
    expected = network({"story": STORY, "question": QUESTION})["answer"]
    received = network.respond(memory, QUESTION)["answer"]
    np.testing.assert_allclose(received, expected, atol=1e-6)


def test_entities_are_words_of_the_vocabulary():
    with pytest.raises(ValueError, match=r"Expected `entities`.*\['bill'\]"):
        _network(["mary", "bill"])


def test_a_tiny_task_is_learnt():
    keras.utils.set_random_seed(0)
    network = RecurrentEntityNetwork(WORDS, 3, 2, units=32, entities=4)
    network.compile(keras.optimizers.Adam(0.005), steps_per_execution=10)
    network.fit(task.TEXT, task.ANSWERS, batch_size=8, epochs=60, verbose=0)
    task.assert_learnt(network)
