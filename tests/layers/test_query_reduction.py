"""`QueryReduction` against loops in numpy."""

import numpy as np
import pytest

from memnet_tf import Memory
from memnet_tf.layers import QueryReduction

UNITS, SLOTS = 6, 5
MASK = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 0, 0], [0, 0, 0, 0, 0]], bool)


def _normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def _memory(features=None):
    features = _normal(3, SLOTS, UNITS) if features is None else features
    time = np.where(MASK, np.cumsum(MASK, axis=1) - 1, 0).astype("int32")
    return Memory(features * MASK[..., None], MASK, time)


def _layer(hops, gates):
    layer = QueryReduction(hops, gates)
    layer(_normal(3, UNITS), _memory())
    for number, weight in enumerate(layer.weights):
        weight.assign(weight + 0.3 * _normal(*weight.shape, seed=number))
    return layer


def _logistic(scores):
    return 1 / (1 + np.exp(-scores))


def _scan(layer, hop, way, slots, sentences, questions):
    """One direction over filled slots: `h` after every slot, last address."""
    ways, gates = layer._ways(hop), layer.gates
    last = np.zeros(UNITS)
    after, address = np.zeros_like(questions), np.zeros((gates, len(questions)))
    for slot in range(len(questions))[:: -1 if way else 1]:
        if slot in slots:
            sentence, question = sentences[slot], questions[slot]
            gate = (sentence * question) @ layer.gate_kernels[hop].numpy()
            gate = gate + np.concatenate(layer.gate_biases[hop])
            update, reset = _logistic(gate.reshape(2, ways, gates)[:, way])
            both = np.concatenate([sentence, question])
            candidate = both @ layer.candidate_kernels[hop].numpy()
            candidate = candidate + layer.candidate_biases[hop].numpy()
            candidate = np.tanh(candidate).reshape(ways, UNITS)[way]
            address = address * (1 - update)[:, None]
            address[:, slot] = update
            update = np.repeat(update, UNITS // gates)
            reset = np.repeat(reset, UNITS // gates)
            last = update * reset * candidate + (1 - update) * last
        after[slot] = last
    return after, address.mean(axis=0)


def _oracle(layer, question, memory):
    outputs, addresses = [], []
    for row, asked in enumerate(question):
        slots = np.flatnonzero(MASK[row])
        questions, hops = np.repeat(asked[None], SLOTS, axis=0), []
        for hop in range(layer.hops):
            scans = [
                _scan(layer, hop, way, slots, memory.features[row], questions)
                for way in range(layer._ways(hop))
            ]
            questions = sum(after for after, _ in scans)
            hops.append(scans[0][1])
        outputs.append(questions[-1] if len(slots) else asked)
        addresses.append(hops)
    return np.array(outputs), np.array(addresses)


@pytest.mark.parametrize("gates", [1, 3, UNITS])
@pytest.mark.parametrize("hops", [1, 3])
def test_a_reading_is_numpys(hops, gates):
    layer, memory = _layer(hops, gates), _memory()
    question = _normal(3, UNITS, seed=1)
    output, addresses = layer(question, memory)
    expected, read = _oracle(layer, question, memory)
    np.testing.assert_allclose(output, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(addresses, read, rtol=1e-4, atol=1e-6)


def test_more_empty_slots_change_nothing():
    layer, memory = _layer(3, 2), _memory()
    room = [(0, 0), (0, 4)]
    more = Memory(
        np.pad(memory.features, [*room, (0, 0)]),
        np.pad(MASK, room),
        np.pad(memory.time, room),
    )
    question = _normal(3, UNITS)
    output, addresses = layer(question, memory)
    again, others = layer(question, more)
    np.testing.assert_allclose(output, again, atol=1e-6)
    np.testing.assert_allclose(
        np.pad(addresses, [(0, 0), *room]), others, atol=1e-6
    )


def test_empty_slots_change_nothing():
    layer, memory = _layer(3, 2), _memory()
    wild = memory._replace(features=memory.features + 100 * ~MASK[..., None])
    question = _normal(3, UNITS)
    for one, other in zip(
        layer(question, memory), layer(question, wild), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_spread_gates_keep_what_they_have_for_longer_and_longer():
    layer = QueryReduction(hops=2, gates=3, spread=4.0)
    layer(_normal(3, UNITS), _memory())
    update, reset = layer.gate_biases[0]  # of both directions
    assert update.numpy().tolist() == [-1, -3, -5, -1, -3, -5]
    assert reset.numpy().tolist() == [0] * 6
    update, _ = layer.gate_biases[1]
    assert update.numpy().tolist() == [-1, -3, -5]


def test_it_may_begin_as_an_addressing_by_dot_products():
    units = 96  # where noise is little
    layer = QueryReduction(hops=2, gates=2, dot_product=True)
    sentences = _normal(1, 4, units)
    question = sentences[:, -1]
    mask, time = np.ones((1, 4), bool), np.arange(4, dtype="int32")[None]
    _, addresses = layer(question, Memory(sentences, mask, time))
    assert addresses[0, 0, -1] > 0.99
    scores, resets, candidates = layer._parts(
        0, sentences, np.repeat(question[:, None], 4, axis=1)
    )
    products = sentences[0] @ question[0]
    expected = 5 / np.sqrt(units) * products - 3
    # Scores `(ways, B, G, S)`; the noise is some 0.3 to 0.5.
    np.testing.assert_allclose(
        scores[:, 0], np.broadcast_to(expected, (2, 2, 4)), atol=2
    )
    assert np.std(resets) > 0
    # Candidates `(ways, B, G, S, d / G)`.
    both = np.tanh(sentences[0] + question[0]).reshape(4, 2, -1)
    off = candidates[:, 0] - both.transpose(1, 0, 2)
    assert np.std(off) < 0.2


def test_features_are_left_out_in_training_alone():
    layer = QueryReduction(hops=1, dropout=0.5)
    question, memory = _normal(3, UNITS), _memory()
    once, again = layer(question, memory)[0], layer(question, memory)[0]
    np.testing.assert_array_equal(once, again)
    first, second = (
        layer(question, memory, training=True)[0].numpy() for _ in range(2)
    )
    np.testing.assert_array_equal(
        (first != second).any(axis=1), MASK.any(axis=1)
    )
    assert QueryReduction.from_config(layer.get_config()).dropout == 0.5


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="`spread`.*Received: -1"):
        QueryReduction(spread=-1)
    with pytest.raises(ValueError, match="`hops`.*Received: 0"):
        QueryReduction(0)
    with pytest.raises(ValueError, match="`gates`.*Received: 0"):
        QueryReduction(gates=0)
    with pytest.raises(ValueError, match="4 gates"):
        QueryReduction(gates=4)(_normal(3, UNITS), _memory())
    with pytest.raises(ValueError, match=r"`memory.features`.*, 4\)"):
        QueryReduction()(_normal(3, 4), _memory())
