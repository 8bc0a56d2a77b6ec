"""`CrossReference` against loops in numpy."""

import math

import numpy as np
import pytest

from memnet_tf import Memory
from memnet_tf.layers import CrossReference

UNITS, SLOTS = 12, 5
MASK = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 0, 0], [0, 0, 0, 0, 0]], bool)
TIME = np.where(MASK, np.cumsum(MASK, axis=1) - 1, 0).astype("int32")
KINDS = [(1, 1, 1), (2, 1, 0), (0, 3, 0), (3, 0, 0), (1, 0, 2)]


def _normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def _memory(features=None):
    features = _normal(3, SLOTS, UNITS) if features is None else features
    return Memory(features * MASK[..., None], MASK, TIME)


def _layer(kinds, **arguments):
    layer = CrossReference(3, *kinds, distances=2, **arguments)
    layer(_normal(3, UNITS), _memory())
    for number, weight in enumerate(layer.weights):  # none 0 or 1
        weight.assign(weight + 0.3 * _normal(*weight.shape, seed=number))
    return layer


def _logistic(score):
    return 1 / (1 + math.exp(-score))


def _gelu(values):
    inner = math.sqrt(2 / math.pi) * (values + 0.044715 * values**3)
    return 0.5 * values * (1 + np.tanh(inner))


def _normalized(state, scale):
    return state / np.sqrt(np.mean(state**2) + 1e-6) * scale


def _address(kind, scores, place, filled, layer, head, age):
    """The weights with which the state at `place` reads all others."""
    weights = np.zeros(len(scores))
    if kind == "softmax":
        for other in filled:
            apart = place - other
            if place == SLOTS and other < SLOTS:
                apart = age[other]
            if other == SLOTS and place < SLOTS:
                apart = -age[place]
            apart = max(-2, min(2, apart)) + 2
            bias = layer.distance_bias.numpy()[apart, head]
            weights[other] = math.exp(scores[other] + bias)
        return weights / weights.sum()
    left = 1.0
    if kind == "older":
        order = [other for other in reversed(filled) if other < place]
    else:
        order = [other for other in filled if place < other < SLOTS]
    for other in order:
        weights[other] = left * _logistic(scores[other])
        left *= 1 - _logistic(scores[other])
    return weights


def _read(layer, states, filled, age):
    """One story, `states (N, d)`: what each state reads, its addresses."""
    kinds = ["softmax"] * layer.softmax + ["older"] * layer.older
    kinds += ["newer"] * layer.newer
    size = UNITS // len(kinds)
    scale = layer.scales[0].numpy()
    normal = np.array([_normalized(state, scale) for state in states])
    both = normal @ layer.query_key_value.numpy()
    query, key, value = np.split(both, 3, axis=1)
    worth = normal @ layer.worth.numpy() + layer.worth_bias.numpy()
    read, own = np.zeros_like(states), []
    for head, kind in enumerate(kinds):
        part = slice(head * size, (head + 1) * size)
        for place in range(len(states)):
            scores = key[:, part] @ query[place, part] / math.sqrt(size)
            scores = scores + worth[:, head]
            weights = _address(kind, scores, place, filled, layer, head, age)
            read[place, part] = weights @ value[:, part]
            if place == SLOTS and kind != "newer":
                own.append(weights[:SLOTS])
    return read @ layer.merge.numpy(), np.mean(own, axis=0)


def _oracle(layer, question, memory):
    outputs, addresses = [], []
    for row in range(len(question)):
        states = np.concatenate([memory.features[row], question[row : row + 1]])
        filled = [*np.flatnonzero(MASK[row]), SLOTS]
        age = np.where(MASK[row], MASK[row].sum() - TIME[row], 0)
        hops = []
        for _ in range(layer.hops):
            read, address = _read(layer, states, filled, age)
            states = states + read
            scale = layer.scales[1].numpy()
            normal = np.array([_normalized(state, scale) for state in states])
            wide = (
                normal @ layer.widen.numpy()
                + normal[-1] @ layer.widen_question.numpy()
                + layer.widen_bias.numpy()
            )
            gate, passed = np.split(wide, 2, axis=1)
            states = states + _gelu(gate) * passed @ layer.narrow.numpy()
            hops.append(address)
        outputs.append(_normalized(states[-1], layer.scales[2].numpy()))
        addresses.append(hops)
    return np.array(outputs), np.array(addresses)


@pytest.mark.parametrize("kinds", KINDS, ids=str)
def test_a_reading_is_numpys(kinds):
    layer, memory = _layer(kinds), _memory()
    question = _normal(3, UNITS, seed=1)
    output, addresses = layer(question, memory)
    expected, read = _oracle(layer, question, memory)
    np.testing.assert_allclose(output, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(addresses, read, rtol=1e-4, atol=1e-6)


def test_empty_slots_change_nothing():
    layer = _layer((1, 1, 1))
    question, memory = _normal(3, UNITS), _memory()
    wild = memory.features + 100 * ~MASK[..., None]
    for one, other in zip(
        layer(question, memory),
        layer(question, memory._replace(features=wild)),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_more_empty_slots_change_nothing():
    layer = _layer((1, 1, 1))
    question, memory = _normal(3, UNITS), _memory()
    room = [(0, 0), (0, 4)]
    more = Memory(
        np.pad(memory.features, [*room, (0, 0)]),
        np.pad(MASK, room),
        np.pad(TIME, room),
    )
    output, addresses = layer(question, memory)
    again, others = layer(question, more)
    np.testing.assert_allclose(output, again, atol=1e-5)
    np.testing.assert_allclose(
        np.pad(addresses, [(0, 0), *room]), others, atol=1e-5
    )


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="`hops`.*Received: 0"):
        CrossReference(0)
    with pytest.raises(ValueError, match="question reads with.*softmax=0"):
        CrossReference(softmax=0, older=0, newer=2)
    with pytest.raises(ValueError, match="8 heads can part.*Received: 12"):
        CrossReference()(_normal(3, UNITS), _memory())
    layer = _layer((1, 1, 1))
    with pytest.raises(ValueError, match=r"\(batch, slots, 12\).*\(3, 5, 6\)"):
        layer(_normal(3, UNITS), _memory(_normal(3, SLOTS, 6)))
