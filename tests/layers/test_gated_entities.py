"""Gated writes to all slots, against section 2.2 of Henaff et al. 2016."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from memnet_tf.layers import GatedEntities

RANDOM = np.random.default_rng(0)
SLOTS, UNITS = 3, 4
INPUTS = RANDOM.normal(size=(2, 5, UNITS)).astype("float32")
WRITTEN = np.array([[True] * 5, [False, True, False, True, False]])


def _layer(**arguments):
    layer = GatedEntities(SLOTS, **arguments)
    layer.build((None, None, UNITS))
    for weight in layer.trainable_weights:
        weight.assign(RANDOM.normal(size=weight.shape) * 0.5)
    return layer


def _numpy(layer, inputs, keys, slots=None):
    """Slots and gates after the inputs `(T, d)` of one story."""
    of_slot, of_key, of_input, bias, slope, gate_bias = (
        weight.numpy()
        for weight in (
            layer.of_slot,
            layer.of_key,
            layer.of_input,
            layer.bias,
            layer.slope,
            layer.gate_bias,
        )
    )
    slots = np.array(keys if slots is None else slots)
    gates = []
    for x in inputs:
        gate = 1 / (1 + np.exp(-(slots @ x + keys @ x + gate_bias)))
        new = slots @ of_slot + keys @ of_key + x @ of_input + bias
        new = np.maximum(new, 0) + slope * np.minimum(new, 0)
        slots = slots + gate[:, None] * new
        slots = slots / np.linalg.norm(slots, axis=1, keepdims=True)
        gates.append(gate)
    return slots, np.array(gates)


def test_every_slot_is_written_as_far_as_its_gate_opens():
    layer = _layer()
    memory = layer(INPUTS, written=WRITTEN)
    assert memory.mask.numpy().all()
    for row in range(2):
        told = INPUTS[row, WRITTEN[row]]
        slots, gates = _numpy(layer, told, layer.keys.numpy())
        np.testing.assert_allclose(memory.features[row], slots, atol=1e-5)
        opened = (gates > 0.5) | (gates == gates.max(axis=1, keepdims=True))
        last = [np.flatnonzero([True, *at])[-1] for at in opened[1:].T]
        np.testing.assert_array_equal(memory.time[row], last)


def test_slots_begin_as_sums_of_what_concerns_their_keys():
    layer = GatedEntities(SLOTS)
    layer.build((None, None, UNITS))
    for small in (layer.of_slot, layer.of_key):
        assert 0 < np.max(np.abs(small)) < 0.05
    layer.of_slot.assign(np.zeros((UNITS, UNITS)))
    layer.of_key.assign(np.zeros((UNITS, UNITS)))
    keys = layer.keys.numpy()
    gates = 1 / (1 + np.exp(4 - 2 * keys @ INPUTS[0, 0]))
    slots = keys + gates[:, None] * INPUTS[0, 0]
    slots = slots / np.linalg.norm(slots, axis=1, keepdims=True)
    memory = layer(INPUTS[:1, :1])
    np.testing.assert_allclose(memory.features[0], slots, atol=1e-5)


def test_keys_may_be_handed_in():
    free, tied = _layer(), _layer(tied=True)
    tied.set_weights(free.get_weights()[1:])
    assert free.weights[0] is free.keys
    one, other = free(INPUTS), tied(INPUTS, keys=free.keys)
    keras.tree.map_structure(np.testing.assert_array_equal, one, other)
    for layer, keys in ((free, free.keys), (tied, None)):
        with pytest.raises(ValueError, match="Expected `keys` exactly where"):
            layer(INPUTS, keys=keys)


def test_a_memory_is_written_on():
    layer = _layer()
    whole = layer(INPUTS, written=WRITTEN)
    memory = layer(INPUTS[:, :2], written=WRITTEN[:, :2])
    memory = layer(INPUTS[:, 2:], memory, WRITTEN[:, 2:])
    np.testing.assert_allclose(memory.features, whole.features, atol=1e-6)
    np.testing.assert_array_equal(memory.mask, whole.mask)
    np.testing.assert_array_equal(memory.time, whole.time)
    np.testing.assert_array_equal(memory.written(), [5, 2])


def test_a_memory_to_which_nothing_was_written_is_empty():
    memory = _layer()(INPUTS, written=np.zeros((2, 5), bool))
    for part in memory:
        assert not np.any(part)


def test_the_loop_is_no_longer_for_a_longer_story():
    layer = _layer()

    def operations(inputs):
        function = tf.function(lambda x: layer(x).features)
        shape = tf.TensorSpec((2, inputs, UNITS))
        graph = function.get_concrete_function(shape).graph
        inner = [
            function.graph
            for function in graph._functions.values()
            if hasattr(function, "graph")
        ]
        return [len(part.get_operations()) for part in (graph, *inner)]

    assert operations(130) == operations(5)


def test_gradients_reach_inputs_and_keys_under_xla():
    layer = _layer()

    @tf.function(jit_compile=True)
    def gradients(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(layer(inputs).features[:, :, 0])
        return tape.gradient(loss, [inputs, layer.keys.value])

    for gradient in gradients(tf.constant(INPUTS)):
        assert np.all(np.isfinite(gradient)) and np.any(gradient)
