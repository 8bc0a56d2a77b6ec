import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from memnet_tf.layers.output_map import addressing

FEW = settings(max_examples=60, deadline=None)
SCORES = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
MASK = np.array(
    [
        [1, 1, 1, 1, 1, 1],
        [1, 0, 1, 1, 0, 0],
        [0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ],
    bool,
)


def _softmax(scores, mask):
    shares = np.exp(scores.astype("float64")) * mask
    return shares / np.maximum(shares.sum(-1, keepdims=True), 1e-300)


def _padded_softmax(scores, mask):
    shares = np.exp(np.where(mask, scores, 0).astype("float64"))
    return shares / shares.sum(-1, keepdims=True) * mask


def _hard(scores, mask):
    addresses = np.zeros(scores.shape)
    for row in range(len(scores)):
        if mask[row].any():
            best = np.argmax(np.where(mask[row], scores[row], -np.inf))
            addresses[row, best] = 1
    return addresses


def _top_2(scores, mask):
    kept = np.zeros_like(mask)
    for row in range(len(scores)):
        filled = [s for s in range(scores.shape[1]) if mask[row, s]]
        for slot in sorted(filled, key=lambda s: -scores[row, s])[:2]:
            kept[row, slot] = True
    return _softmax(scores, kept)


def _stick_breaking(scores, mask):
    """The product, from the newest slot on."""
    addresses = np.zeros(scores.shape)
    for row in range(len(scores)):
        stick = 1.0
        for slot in reversed(range(scores.shape[1])):
            if mask[row, slot]:
                match = 1 / (1 + np.exp(-float(scores[row, slot])))
                addresses[row, slot] = stick * match
                stick *= 1 - match
    return addresses


ORACLES = {
    "softmax": _softmax,
    "padded_softmax": _padded_softmax,
    "hard": _hard,
    "top_k": _top_2,
    "stick_breaking": _stick_breaking,
}


def _address(name, scores, mask):
    arguments = (2,) if name == "top_k" else ()
    function = getattr(addressing, name)
    return function(tf.constant(scores), tf.constant(mask), *arguments)


@pytest.mark.parametrize("name", ORACLES)
def test_addresses_are_those_of_the_formula(name):
    received = _address(name, SCORES, MASK)
    np.testing.assert_allclose(received, ORACLES[name](SCORES, MASK), atol=1e-6)


@pytest.mark.parametrize("name", ORACLES)
def test_empty_slots_have_addresses_of_exactly_zero(name):
    received = _address(name, SCORES, MASK).numpy()
    assert not np.any(received[~MASK])


@pytest.mark.parametrize("name", ORACLES)
def test_what_an_empty_slot_scores_changes_nothing(name):
    scores = np.where(MASK, SCORES, 1e4).astype("float32")
    np.testing.assert_array_equal(
        _address(name, scores, MASK), _address(name, SCORES, MASK)
    )


@pytest.mark.parametrize("name", ORACLES)
def test_one_slot_is_enough(name):
    received = _address(name, SCORES[:, :1], MASK[:, :1])
    expected = ORACLES[name](SCORES[:, :1], MASK[:, :1])
    np.testing.assert_allclose(received, expected, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", ORACLES)
def test_half_precision_keeps_its_type_and_stays_close(name, dtype):
    scores = tf.cast(tf.constant(SCORES), dtype)
    arguments = (2,) if name == "top_k" else ()
    received = getattr(addressing, name)(scores, tf.constant(MASK), *arguments)
    assert received.dtype == dtype
    received = tf.cast(received, "float32").numpy()
    assert not np.any(received[~MASK])
    expected = ORACLES[name](SCORES, MASK)
    np.testing.assert_allclose(received, expected, atol=0.02)


@pytest.mark.parametrize("name", ORACLES)
def test_any_number_of_axes_comes_before_slots(name):
    received = _address(name, SCORES.reshape(2, 2, 6), MASK.reshape(2, 2, 6))
    expected = _address(name, SCORES, MASK).numpy().reshape(2, 2, 6)
    np.testing.assert_array_equal(received, expected)


@pytest.mark.parametrize("name", ORACLES)
def test_nan_is_never_hidden(name):
    for slot in range(3):
        scores = np.array([[0.5, 2.0, 1.0]], "float32")
        scores[0, slot] = np.nan
        received = _address(name, scores, np.ones((1, 3), bool)).numpy()
        assert np.any(np.isnan(received)), slot


@pytest.mark.parametrize("name", ["softmax", "padded_softmax", "hard", "top_k"])
def test_extreme_scores_give_finite_addresses(name):
    scores = np.array([[1e4, -1e4, 3e4], [-3e4, -2e4, -1e4]], "float32")
    received = _address(name, scores, np.ones((2, 3), bool))
    np.testing.assert_allclose(received, [[0, 0, 1], [0, 0, 1]], atol=1e-6)


@pytest.mark.parametrize("k", [6, 7])
def test_the_top_of_all_slots_is_the_softmax(k):
    received = addressing.top_k(SCORES, MASK, k)
    expected = addressing.softmax(SCORES, MASK)
    np.testing.assert_allclose(received, expected, atol=1e-6)


def test_the_top_one_is_the_hard_maximum():
    received = addressing.top_k(SCORES, MASK, 1)
    np.testing.assert_allclose(received, _hard(SCORES, MASK), atol=1e-6)


@pytest.mark.parametrize("name", ["hard", "top_k"])
def test_of_equal_scores_no_more_are_read_than_asked_for(name):
    received = _address(name, np.ones((1, 5), "float32"), MASK[:1, :5])
    reads = 1 if name == "hard" else 2
    assert np.count_nonzero(received) == reads
    np.testing.assert_allclose(np.sum(received), 1, atol=1e-6)


def test_the_hard_maximum_learns_as_the_softmax():
    scores, values = tf.Variable(SCORES), np.arange(6, dtype="float32")
    gradients = []
    for function in (addressing.hard, addressing.softmax):
        with tf.GradientTape() as tape:
            read = tf.reduce_sum(function(scores, tf.constant(MASK)) * values)
        gradients.append(tape.gradient(read, scores))
    assert np.any(gradients[0] != 0)
    np.testing.assert_allclose(*gradients, atol=1e-6)


def test_stick_breaking_is_exact_in_double_precision():
    scores = np.random.default_rng(1).normal(size=(3, 40)) * 3
    mask = np.random.default_rng(2).random((3, 40)) < 0.7
    received = addressing.stick_breaking(
        tf.constant(scores, "float64"), tf.constant(mask)
    )
    expected = _stick_breaking(scores, mask)
    np.testing.assert_allclose(received, expected, rtol=1e-9, atol=1e-300)


def test_stick_breaking_of_extreme_scores():
    """log p_i = log s(a_i) + sum over later j of log(1 - s(a_j))."""
    scores = np.array([[0, 100, -100, -100], [100, -100, 100, 0]], "float32")
    received = _address("stick_breaking", scores, np.ones((2, 4), bool))
    half, tiny = 0.5, np.exp(-100.0)
    # The newest slot that matches takes all that newer ones left.
    expected = [[half * tiny, 1, tiny, tiny], [0, 0, half, half]]
    np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-40)


def _sequential_sweep(preferences, mask):
    """Section 3.4: the champion meets one slot after the other."""
    filled = [slot for slot in range(len(mask)) if mask[slot]]
    if not filled:
        return 0
    champion = filled[-1]
    for slot in reversed(filled[:-1]):
        if preferences[slot, champion] > 0:
            champion = slot
    return champion


@FEW
@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.floats(0, 1))
def test_the_sweep_finds_the_champion_of_pair_by_pair(seed, slots, share):
    random = np.random.default_rng(seed)
    preferences = random.normal(size=(5, slots, slots)).astype("float32")
    preferences += random.choice([0, -1, 1])  # that few or most beat others
    mask = random.random((5, slots)) <= share
    received = addressing.sweep(tf.constant(preferences), tf.constant(mask))
    expected = [
        _sequential_sweep(*pair) for pair in zip(preferences, mask, strict=True)
    ]
    assert received.numpy().tolist() == expected


def test_the_sweep_of_every_order_of_three_slots():
    """Preferences from a score each: the champion has the highest score."""
    for scores in itertools.permutations([0.0, 1.0, 2.0]):
        difference = np.subtract.outer(scores, scores).astype("float32")
        champion = addressing.sweep(tf.constant(difference), np.ones(3, bool))
        assert champion == np.argmax(scores)


def test_nobody_beats_by_a_preference_of_zero():
    champion = addressing.sweep(tf.zeros([4, 4]), np.ones(4, bool))
    assert champion == 3


def test_the_sweep_of_an_empty_memory_is_the_first_slot():
    assert addressing.sweep(tf.ones([3, 3]), np.zeros(3, bool)) == 0
