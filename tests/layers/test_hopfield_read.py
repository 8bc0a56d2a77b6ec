"""`HopfieldRead` against numpy, and what the theory says of it."""

import numpy as np
import pytest

from memnet_tf import Memory
from memnet_tf.layers import HopfieldRead

MASK = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 0, 0], [0, 0, 0, 0, 0]], bool)
TIME = np.where(MASK, np.cumsum(MASK, axis=1) - 1, 0).astype("int32")


def _normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def _patterns(features):
    """A memory `(1, S, d)` that is full of patterns `(S, d)`."""
    slots = len(features)
    time = np.arange(slots, dtype="int32")[None]
    return Memory(features[None], np.ones((1, slots), bool), time)


def _oracle(question, keys, values, beta, updates):
    states, addresses = [], []
    for row, state in enumerate(question):
        key, value = keys[row][MASK[row]], values[row][MASK[row]]
        steps = []
        for update in range(updates):
            shares = np.exp(beta * key @ state)
            address = np.zeros(MASK.shape[1])
            address[MASK[row]] = shares / max(shares.sum(), 1e-30)
            read = value if update == updates - 1 else key
            state = address[MASK[row]] @ read
            steps.append(address)
        states.append(state)
        addresses.append(steps)
    return np.array(states), np.array(addresses)


@pytest.mark.parametrize("updates", [1, 3])
@pytest.mark.parametrize("beta", [None, 2.0])
def test_a_reading_is_numpys(updates, beta):
    question, features = _normal(3, 4), _normal(3, 5, 4, seed=1)
    layer = HopfieldRead(updates, beta)
    received = layer(question, Memory(features, MASK, TIME))
    expected = _oracle(question, features, features, beta or 0.5, updates)
    for one, other in zip(received, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("updates", [1, 3])
def test_the_last_update_reads_values(updates):
    question, features = _normal(3, 4), _normal(3, 5, 2, 4, seed=1)
    received = HopfieldRead(updates)(question, Memory(features, MASK, TIME))
    keys, values = features[:, :, 0], features[:, :, 1]
    expected = _oracle(question, keys, values, 0.5, updates)
    for one, other in zip(received, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_an_empty_memory_is_read_as_zeros():
    features = _normal(3, 5, 4)
    output, addresses = HopfieldRead(2)(
        _normal(3, 4), Memory(features, MASK, TIME)
    )
    np.testing.assert_array_equal(output[2], 0)
    np.testing.assert_array_equal(addresses[2], 0)


def test_separated_patterns_are_completed_in_one_update():
    patterns = np.sign(_normal(20, 64))
    question = patterns * (np.arange(64) < 40)  # the rest is forgotten
    for row in range(20):
        output, addresses = HopfieldRead(beta=1.0)(
            question[row : row + 1], _patterns(patterns)
        )
        np.testing.assert_allclose(output[0], patterns[row], atol=1e-3)
        assert addresses[0, 0, row] > 0.999


def test_patterns_are_fixed_points():
    patterns = np.sign(_normal(20, 64))
    for updates in (1, 5):
        output, _ = HopfieldRead(updates, beta=1.0)(
            patterns[:1], _patterns(patterns)
        )
        np.testing.assert_allclose(output, patterns[:1], atol=1e-5)


def test_with_a_small_beta_every_state_ends_in_the_mean_of_all():
    patterns = _normal(20, 8)
    for question in _normal(3, 1, 8, seed=1):
        output, addresses = HopfieldRead(updates=8, beta=0.01)(
            question, _patterns(patterns)
        )
        mean = patterns.mean(axis=0)
        np.testing.assert_allclose(output[0], mean, atol=0.02)
        np.testing.assert_allclose(addresses[0, -1], 1 / 20, rtol=0.05)


def test_close_patterns_are_read_as_their_mean():
    patterns = np.sign(_normal(3, 64))
    patterns[1] = patterns[0]
    patterns[1, :2] *= -1
    output, addresses = HopfieldRead(updates=20, beta=0.1)(
        patterns[:1], _patterns(patterns)
    )
    np.testing.assert_allclose(addresses[0, -1], [0.5, 0.5, 0], atol=0.01)
    np.testing.assert_allclose(output[0], patterns[:2].mean(axis=0), atol=0.02)


def test_no_update_raises_the_energy():
    patterns, beta = _normal(6, 4), 1.5
    states = [_normal(1, 4, seed=1)]
    for updates in range(1, 8):
        output, _ = HopfieldRead(updates, beta)(states[0], _patterns(patterns))
        states.append(output.numpy())
    energies = [
        np.square(state).sum() / 2
        - np.log(np.exp(beta * patterns @ state[0]).sum()) / beta
        for state in states
    ]
    assert np.all(np.diff(energies) <= 1e-5)
    assert energies[0] - energies[-1] > 0.1


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="`updates`.*Received: 0"):
        HopfieldRead(0)
    with pytest.raises(ValueError, match=r"`beta`.*Received: 0\.0"):
        HopfieldRead(beta=0.0)
    with pytest.raises(ValueError, match=r"`memory.features`.*, 3, 4\)"):
        HopfieldRead()(_normal(3, 4), Memory(_normal(3, 5, 3, 4), MASK, TIME))
