"""G: write each input in place of what was used least."""

import keras
from keras import ops

from memnet_tf.layers.generalization import loop, rows
from memnet_tf.layers.generalization.in_place import InPlace
from memnet_tf.memory import UsedMemory

EMPTY = -1.0  # lower than any usage


@keras.saving.register_keras_serializable("memnet_tf")
class LeastUsed(InPlace):
    """Writes each input to an empty slot, or to the one used least.

    Least recently used access (Santoro et al. 2016, 1605.06065, section
    3.2): every write multiplies the usage of all slots by `decay` and sets
    that of its own slot to 1. Reading counts where it is told:
    `memory.read(addresses)` adds the addresses to the usage.

    Args:
        slots: `S`, the number of slots.
        decay: how much of its usage a slot keeps when another is written.

    Call arguments:
        features: `(B, T, ...)`, `T` inputs in order of time.
        memory: the `UsedMemory` to write to; a new, empty one if None.
        written: bool `(B, T)`; an input where it is False writes nothing.

    Output:
        A `UsedMemory` of `slots` slots.

    Raises:
        ValueError: `slots` is not a positive int, `decay` is not between 0
            and 1, or the memory has slots of another number or shape, or
            does not say how much they were used.

    Example:

    >>> least_used = LeastUsed(slots=2)
    >>> memory = least_used(np.array([[[1.0], [2.0]]]))
    >>> memory = memory.read(np.array([[[1.0, 0.0]]]))
    >>> least_used(np.array([[[3.0]]]), memory).features.numpy().tolist()
    [[[1.0], [3.0]]]
    """

    memory_type = UsedMemory

    def __init__(self, slots, decay=0.95, **kwargs):
        super().__init__(slots, **kwargs)
        if not 0 < decay <= 1:
            raise ValueError(
                f"Expected `decay` above 0 and at most 1. Received: {decay!r}"
            )
        self.decay = decay

    def write(self, features, memory, written):
        if not hasattr(memory, "usage"):
            raise ValueError(
                "Expected `memory` to be a UsedMemory. "
                f"Received: {type(memory).__name__}"
            )
        usage = ops.where(memory.mask, memory.usage, EMPTY)
        nothing = ops.zeros((*ops.shape(written), 0))
        slot, (usage,) = loop.one_by_one(self._use, (usage,), nothing, written)
        slot = ops.cast(ops.squeeze(slot, -1), "int32")
        memory = rows.put(features, memory, slot, written)
        usage = ops.cast(usage, memory.usage.dtype)
        return memory._replace(usage=ops.where(memory.mask, usage, 0))

    def _use(self, state, _, written):
        """The slot `(B, 1)` that an input is written to, and the usage then."""
        (usage,) = state
        slot = ops.argmin(usage, axis=1)
        decayed = ops.where(usage == EMPTY, EMPTY, usage * self.decay)
        used = ops.where(
            ops.one_hot(slot, self.slots, dtype="bool"), 1, decayed
        )
        usage = ops.where(ops.expand_dims(written, 1), used, usage)
        return loop.number(slot), (usage,)

    def get_config(self):
        return {**super().get_config(), "decay": self.decay}
