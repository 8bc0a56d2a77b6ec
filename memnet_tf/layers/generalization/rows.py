"""Rows of slots: what every generalization layer does with them."""

from keras import ops

from memnet_tf.layers.rows import gather, where


def inputs_to_write(features, written):
    """The inputs, 0 where they write nothing, and `written` as a mask.

    Args:
        features: `(B, T, ...)`.
        written: bool `(B, T)`, or None where every input is written.

    Raises:
        ValueError: the features have no axis of inputs.
    """
    if len(features.shape) < 2:
        raise ValueError(
            "Expected `features` of shape (batch, inputs, ...). "
            f"Received shape: {tuple(features.shape)}"
        )
    if written is None:
        written = ops.ones(ops.shape(features)[:2], "bool")
    written = ops.cast(written, "bool")
    return where(written, features, 0), written


def put(features, memory, slot, written):
    """The memory after each input was put in its slot, at once.

    Of several inputs for a slot the last stays, as if they had been written
    one after the other.

    Args:
        features: `(B, T, ...)`.
        memory: a memory of `S` slots.
        slot: int32 `(B, T)`, the slot of each input.
        written: bool `(B, T)`; an input where it is False is left out.
    """
    is_new, source = _last_inputs(memory, slot, written)
    marked = mark(memory, slot, written)
    new = gather(features, source)
    return marked._replace(features=where(is_new, new, memory.features))


def mark(memory, slot, written):
    """The memory with the slots marked as filled, and with their times.

    Args:
        memory: as in `put`.
        slot: as in `put`.
        written: as in `put`.
    """
    is_new, source = _last_inputs(memory, slot, written)
    time = gather(times(memory, written), source)
    return memory._replace(
        mask=ops.logical_or(memory.mask, is_new),
        time=ops.where(is_new, time, memory.time),
    )


def times(memory, written):
    """Inputs written before each of the new ones, int32 `(B, T)`."""
    before = ops.cumsum(ops.cast(written, "int32"), axis=1) - 1
    return before + ops.expand_dims(memory.written(), 1)


def _last_inputs(memory, slot, written):
    """Whether each slot is written, and by which input last, `(B, S)`."""
    slots, inputs = memory.mask.shape[1], ops.shape(slot)[1]
    same = ops.expand_dims(slot, 2) == ops.arange(slots, dtype="int32")
    same = ops.logical_and(same, ops.expand_dims(written, 2))  # (B, T, S)
    number = ops.reshape(ops.arange(inputs, dtype="int32"), (1, -1, 1))
    last = ops.max(ops.where(same, number, -1), axis=1)
    return last >= 0, ops.maximum(last, 0)
