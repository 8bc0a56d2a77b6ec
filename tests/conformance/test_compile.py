import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.registry import ENTRIES, made, without

# Arguments that have no axis of the batch.
SHARED = {
    "CandidateResponse": ("candidates",),
    "GatedEntities_tied": ("keys",),
    "MatchingResponse": ("candidates",),
    "RecurrentEncoding_tied": ("embeddings",),
}


def _assert_same(received, expected, **tolerance):
    received = keras.tree.flatten(received)
    expected = keras.tree.flatten(expected)
    assert len(received) == len(expected)
    for one, two in zip(received, expected, strict=True):
        np.testing.assert_allclose(one, two, **tolerance)


def _of_leaves(layer, inputs):
    """The layer as a function of its flattened inputs."""

    def call(*leaves):
        return layer(**keras.tree.pack_sequence_as(inputs, leaves))

    return call


# Strings are looked up before XLA, never by it.
@pytest.mark.parametrize("name", without("WordIds"))
def test_xla_computes_what_eager_does(name):
    entry = ENTRIES[name]
    layer = made(name)
    compiled = tf.function(_of_leaves(layer, entry.inputs), jit_compile=True)
    leaves = map(tf.constant, keras.tree.flatten(entry.inputs))
    _assert_same(compiled(*leaves), layer(**entry.inputs), atol=1e-5)


@pytest.mark.parametrize("name", ENTRIES)
def test_the_batch_need_not_be_known(name):
    entry = ENTRIES[name]
    layer = made(name)
    leaves = [tf.constant(x) for x in keras.tree.flatten(entry.inputs)]
    signature = [
        tf.TensorSpec([None, *leaf.shape[1:]], leaf.dtype) for leaf in leaves
    ]
    call = tf.function(
        _of_leaves(layer, entry.inputs), input_signature=signature
    )
    _assert_same(call(*leaves), layer(**entry.inputs), atol=1e-6)


@pytest.mark.parametrize("name", without("WordResponse_tied"))
def test_every_example_is_answered_by_itself(name):
    entry = ENTRIES[name]
    layer = made(name)
    shared = SHARED.get(name, ())

    def rows(inputs, start):
        return {
            argument: value
            if argument in shared
            else keras.tree.map_structure(lambda x: x[start : start + 1], value)
            for argument, value in inputs.items()
        }

    together = layer(**entry.inputs)
    for row in range(2):
        alone = layer(**rows(entry.inputs, row))
        expected = keras.tree.map_structure(
            lambda x, row=row: x[row : row + 1], together
        )
        _assert_same(alone, expected, atol=1e-6)
