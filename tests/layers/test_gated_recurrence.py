import numpy as np
import pytest
import tensorflow as tf

from memnet_tf.layers import gated_recurrence

RANDOM = np.random.default_rng(0)
ROWS, SLOTS, UNITS = 3, 5, 4
SHARES = RANDOM.uniform(size=(ROWS, SLOTS)) * (RANDOM.random((1, SLOTS)) < 0.8)


def tensors(blocks):
    of_values = RANDOM.normal(size=(ROWS, SLOTS, blocks * UNITS))
    of_state = RANDOM.normal(size=(UNITS, blocks * UNITS))
    return [
        tf.constant(part, tf.float32) for part in (of_values, SHARES, of_state)
    ]


def one_slot_after_the_other(of_values, shares, of_state):
    """As `gated_recurrence.states`, by the gradients of TensorFlow."""
    state, states = tf.zeros((ROWS, UNITS)), []
    for slot in range(SLOTS):
        blocks = of_state.shape[1] // UNITS
        known = tf.split(of_values[:, slot], blocks, axis=1)
        found = tf.split(state @ of_state, blocks, axis=1)
        share = shares[:, slot, None]
        if blocks == 3:
            share *= tf.sigmoid(known[2] + found[2])
        reset = tf.sigmoid(known[0] + found[0])
        candidate = tf.tanh(known[1] + reset * found[1])
        state = share * candidate + (1 - share) * state
        states.append(state)
    return tf.stack(states, axis=1)


def gradients(function, arguments, weights):
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        states = function(*arguments)
        loss = tf.reduce_sum(weights * states)
    return states, *tape.gradient(loss, arguments)


@pytest.mark.parametrize("jit_compile", [None, False, True])
@pytest.mark.parametrize("blocks", [2, 3])
def test_states_and_gradients_are_those_of_a_loop(blocks, jit_compile):
    arguments = tensors(blocks)
    weights = tf.constant(RANDOM.normal(size=(ROWS, SLOTS, UNITS)), tf.float32)
    function = gradients
    if jit_compile is not None:
        function = tf.function(gradients, jit_compile=jit_compile)
    found = function(gated_recurrence.states, arguments, weights)
    expected = gradients(one_slot_after_the_other, arguments, weights)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_a_slot_of_no_share_leaves_the_state():
    of_values, _, of_state = tensors(blocks=3)
    shares = np.ones((ROWS, SLOTS), "float32")
    shares[:, 2] = 0
    states = gated_recurrence.states(of_values, shares, of_state)
    np.testing.assert_array_equal(states[:, 2], states[:, 1])
    assert np.all(np.any(states[:, 3] != states[:, 2], axis=-1))
