"""A loop over inputs in order of time."""

import keras
from keras import ops

from memnet_tf.layers.generalization import rows


def one_by_one(step, state, features, written):
    """Runs `step` over the inputs, each with the state the last one left.

    The loop is that of `keras.layers.RNN`: XLA compiles it with its
    gradients, which is not so for `keras.ops.scan` on TensorFlow. It
    computes in float32, whatever the types of its arguments.

    Args:
        step: function of the state, features `(B, d)` and `written`, bool
            `(B,)`, that returns an output `(B, n)` and the next state.
        state: a tuple of tensors `(B, ...)`.
        features: `(B, T, d)`.
        written: bool `(B, T)`.

    Returns:
        `(outputs (B, T, n), state)`, float32.
    """
    features = ops.cast(features, "float32")
    written = ops.cast(ops.expand_dims(written, -1), "float32")
    loop = keras.layers.RNN(
        _Cell(step), return_sequences=True, return_state=True, dtype="float32"
    )
    outputs, *state = loop(
        ops.concatenate([features, written], axis=-1),
        initial_state=[ops.cast(part, "float32") for part in state],
    )
    return outputs, tuple(state)


def number(slot):
    """A slot's number `(B,)` as an output `(B, 1)` of a step."""
    return ops.cast(ops.expand_dims(slot, 1), "float32")


def blend(slots, features, share):
    """`m_i <- (1 - a_i) m_i + a_i x` for slots `m (B, S, d)`.

    Args:
        slots: `m`.
        features: `(B, d)`, the input `x`.
        share: `(B, S)`, the shares `a`.
    """
    share = ops.expand_dims(share, 2)
    return (1 - share) * slots + share * ops.expand_dims(features, 1)


def written_one_by_one(memory, slots, slot, written):
    """The memory after inputs were written in a loop.

    Args:
        memory: the memory before.
        slots: `(B, S, d)`, its features after the loop.
        slot: `(B, T, 1)`, the slots' numbers.
        written: bool `(B, T)`.
    """
    slot = ops.cast(ops.squeeze(slot, -1), "int32")
    slots = ops.cast(slots, memory.features.dtype)
    return rows.mark(memory, slot, written)._replace(features=slots)


class _Cell:
    """A step as the cell of a `keras.layers.RNN`."""

    state_size = 1  # Keras asks for it, but reads the state it is given
    compute_dtype = "float32"

    def __init__(self, step):
        self.step = step

    def call(self, inputs, states):
        features, written = inputs[:, :-1], inputs[:, -1] > 0
        output, state = self.step(tuple(states), features, written)
        return output, list(state)

    __call__ = call
