"""Gated scans against a loop in numpy, computed in either way."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from memnet_tf.layers.output_map import addressing
from memnet_tf.layers.output_map.gated_scan import addresses_of, gated_scan


def _logistic(scores):
    return 1 / (1 + np.exp(-scores))


def _oracle(scores, values, mask):
    batch, gates, slots, width = values.shape
    states = np.zeros((batch, slots, gates, width))
    state = np.zeros((batch, gates, width))
    for slot in range(slots):
        update = _logistic(scores[:, :, slot])[..., None]
        changed = update * values[:, :, slot] + (1 - update) * state
        state = np.where(mask[:, slot, None, None], changed, state)
        states[:, slot] = state
    return states.reshape(batch, slots, gates * width)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 5),
    st.integers(1, 9),
    st.integers(1, 4),
    st.floats(0, 1),
)
def test_states_are_those_of_a_loop(seed, gates, slots, width, share):
    random = np.random.default_rng(seed)
    scores = random.normal(size=(2, gates, slots), scale=4).astype("float32")
    values = random.normal(size=(2, gates, slots, width)).astype("float32")
    mask = random.random((2, slots)) <= share
    states = gated_scan(scores, values, mask)
    expected = _oracle(scores, values, mask)
    np.testing.assert_allclose(states, expected, atol=1e-5)


@pytest.mark.parametrize("slots", [3, 40])
def test_both_ways_have_the_same_gradients_where_the_slots_are_not_known(slots):
    random = np.random.default_rng(0)
    scores = random.normal(size=(2, 2, slots)).astype("float32")
    values = random.normal(size=(2, 2, slots, 3)).astype("float32")
    mask = random.random((2, slots)) < 0.7

    def gradients(*arguments):
        with tf.GradientTape() as tape:
            tape.watch(arguments[:2])
            loss = tf.reduce_sum(gated_scan(*arguments) ** 2)
        return tape.gradient(loss, arguments[:2])

    closed = tf.function(
        gradients,
        input_signature=[
            tf.TensorSpec([None, 2, None]),
            tf.TensorSpec([None, 2, None, 3]),
            tf.TensorSpec([None, None], tf.bool),
        ],
    )
    known = tf.function(gradients, jit_compile=True)
    arguments = [tf.constant(part) for part in (scores, values, mask)]
    for one, other in zip(closed(*arguments), known(*arguments), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_addresses_say_what_a_state_has_of_every_slot():
    random = np.random.default_rng(0)
    scores = random.normal(size=(2, 1, 4)).astype("float32")
    values = random.normal(size=(2, 1, 4, 3)).astype("float32")
    mask = np.array([[1, 1, 1, 1], [0, 1, 0, 1]], bool)
    addresses = addresses_of(scores, mask[:, None]).numpy()
    np.testing.assert_allclose(
        (addresses @ values)[:, 0], _oracle(scores, values, mask), atol=1e-6
    )
    assert not np.triu(addresses[0, 0], 1).any()
    assert not addresses[1, 0][:, [0, 2]].any()


def test_addresses_are_those_of_stick_breaking_from_every_slot():
    scores = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    mask = np.zeros((4, 6), bool)  # the last is empty
    mask[0], mask[1, [0, 2, 3]], mask[2, 3] = True, True, True
    received = addresses_of(scores, mask).numpy()
    for newest in range(6):
        until = mask & (np.arange(6) <= newest)
        expected = addressing.stick_breaking(scores, until)
        np.testing.assert_allclose(received[:, newest], expected, atol=1e-6)


def test_addresses_of_many_slots_are_exact_in_half_precision():
    scores = np.full((1, 300), 8.0, "float16")  # sums of log(1 - s) to -2400
    received = addresses_of(scores, np.ones((1, 300), bool)).numpy()[0]
    assert received.dtype == "float16"
    np.testing.assert_allclose(np.diag(received), 1, atol=1e-3)
    np.testing.assert_allclose(np.sum(received, axis=-1), 1, atol=1e-3)
