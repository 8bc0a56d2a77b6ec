import keras
import numpy as np

from memnet_tf.models import DynamicMemoryNetworkPlus
from tests.models import task
from tests.models.task import WORDS

RANDOM = np.random.default_rng(0)
UNITS = 5
STORY = RANDOM.integers(2, 8, (3, 4, 3)).astype("int32")
STORY[0, 3], STORY[1, 1] = 0, 0
QUESTION = np.array([[2, 7, 0], [3, 4, 5], [6, 0, 0]], "int32")


def _network(**arguments):
    network = DynamicMemoryNetworkPlus(
        WORDS, 3, 4, units=UNITS, hops=2, **arguments
    )
    for weight in network.trainable_weights:
        weight.assign(RANDOM.normal(size=weight.shape) * 0.5)
    return network


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _weights(layer):
    return {weight.name: weight.numpy() for weight in layer.weights}


def _last_state(reader, inputs):
    """The last state of a gated recurrent unit of Keras."""
    kernel, recurrent, bias = (weight.numpy() for weight in reader.weights)
    state = np.zeros(UNITS)
    for x in inputs:
        z, r, c = np.split(x @ kernel + bias[0], 3)
        of_z, of_r, of_c = np.split(state @ recurrent + bias[1], 3)
        z = _sigmoid(z + of_z)
        c = np.tanh(c + _sigmoid(r + of_r) * of_c)
        state = z * state + (1 - z) * c
    return state


def _read(reader, facts):
    """Equations 1 to 4 of Xiong et al. 2016."""
    weights, state, states = _weights(reader), np.zeros(UNITS), []
    for fact in facts:
        r, c, u = np.split(fact @ weights["of_feature"] + weights["bias"], 3)
        of_r, of_c, of_u = np.split(state @ weights["of_state"], 3)
        u = _sigmoid(u + of_u)
        c = np.tanh(c + _sigmoid(r + of_r) * of_c)
        state = u * c + (1 - u) * state
        states.append(state)
    return states


def _answer(network, story, question):
    """Section 3 of Xiong et al. 2016 for one example."""
    filled = np.flatnonzero(story.any(axis=1))
    facts = network.input_map(story[None]).numpy()[0, filled]
    forwards, backwards = network.time_encoding.readers
    facts = np.array(_read(forwards, facts)) + np.array(
        _read(backwards, facts[::-1])[::-1]
    )
    table = network.input_map.embeddings.numpy()
    words = table[question[question > 0]]
    q = m = _last_state(network.question_map.reader, words)
    o = network.output_map
    score, gru = _weights(o.score), _weights(o.read)
    addresses = np.zeros((2, 4))
    for hop in range(2):
        z = [facts * q, facts * m, abs(facts - q), abs(facts - m)]
        z = np.concatenate(z, axis=1) @ score["hidden"] + score["bias"]
        gates = np.exp(np.tanh(z) @ score["score"])[:, 0]
        gates = addresses[hop, filled] = gates / gates.sum()
        h = np.zeros(UNITS)
        for g, f in zip(gates, facts, strict=True):
            r, c = np.split(f @ gru["of_value"] + gru["bias"], 2)
            of_r, of_c = np.split(h @ gru["of_state"], 2)
            h = g * np.tanh(c + _sigmoid(r + of_r) * of_c) + (1 - g) * h
        weight, bias = o.update.maps[hop].get_weights()
        m = np.maximum(np.concatenate([m, h, q]) @ weight + bias, 0)
    response = network.response.embeddings.numpy()
    return response @ np.concatenate([m, q]), addresses


def test_the_forward_pass_is_that_of_the_paper():
    network = _network()
    outputs = network({"story": STORY, "question": QUESTION})
    for row in range(3):
        logits, addresses = _answer(network, STORY[row], QUESTION[row])
        np.testing.assert_allclose(
            outputs["answer"][row, 2:], logits[2:], atol=1e-5
        )
        np.testing.assert_allclose(
            outputs["addresses"][row], addresses, atol=1e-5
        )


def test_a_memory_is_fused_when_it_is_read():
    network = _network()
    memory = network.remember(STORY[:, :2])
    memory = network.remember(STORY[:, 2:], memory)
    expected = network({"story": STORY, "question": QUESTION})["answer"]
    received = network.respond(memory, QUESTION)["answer"]
    np.testing.assert_allclose(received, expected, atol=1e-6)


def test_the_order_of_the_sentences_counts():
    network = _network()
    other = STORY[2:, ::-1]
    one, other = (
        network({"story": story, "question": QUESTION[2:]})["answer"]
        for story in (STORY[2:], other)
    )
    assert np.max(np.abs(one - other)) > 0.01


def test_features_are_dropped_in_training_alone():
    x = {"story": STORY, "question": QUESTION}
    network = _network(dropout=0.5)
    expected = network(x)["answer"]
    np.testing.assert_array_equal(network(x)["answer"], expected)
    assert np.any(network(x, training=True)["answer"] != expected)
    network = _network(dropout=0.0)
    expected = network(x)["answer"]
    np.testing.assert_allclose(
        network(x, training=True)["answer"], expected, atol=1e-6
    )


def test_a_tiny_task_is_learnt():
    keras.utils.set_random_seed(0)
    network = DynamicMemoryNetworkPlus(WORDS, 3, 2, units=32, hops=1, dropout=0)
    network.compile(keras.optimizers.Adam(0.005), steps_per_execution=10)
    network.fit(task.TEXT, task.ANSWERS, batch_size=8, epochs=10, verbose=0)
    task.assert_learnt(network)
