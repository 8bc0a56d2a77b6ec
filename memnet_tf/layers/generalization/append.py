"""G: write each input to the next slot, forgetting the oldest."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.generalization import rows
from memnet_tf.memory import Memory


@keras.saving.register_keras_serializable("memnet_tf")
class Append(keras.Layer):
    """Writes inputs in order; a full memory forgets its oldest slot.

    The generalization of Weston et al. 2014 (section 3.1): `m_H(x) = I(x)`,
    where `H` selects the next slot. Here the slots form a window over the
    inputs, so that filled slots always stand in the order of writing.

    Args:
        slots: `S`, the number of slots.

    Call arguments:
        features: `(B, T, ...)`, `T` inputs in order of time.
        memory: the `Memory` to write to; a new, empty one if None.
        written: bool `(B, T)`; an input where it is False writes nothing.

    Output:
        A `Memory` of `slots` slots. With a new memory and `T <= slots`,
        input `t` is in slot `t`: an input that wrote nothing leaves its
        slot empty.

    Example:

    >>> memory = Append(slots=2)(np.array([[[1.0], [2.0], [3.0]]]))
    >>> memory.features.numpy().tolist(), memory.time.numpy().tolist()
    ([[[2.0], [3.0]]], [[1, 2]])
    """

    def __init__(self, slots, **kwargs):
        super().__init__(**kwargs)
        positive_ints(slots=slots)
        self.slots = slots

    def call(self, features, memory=None, written=None):
        features, mask = rows.inputs_to_write(features, written)
        inputs = features.shape[1]
        if memory is None and (inputs is None or inputs > self.slots):
            return self._newest(features, mask)
        time = ops.cumsum(ops.cast(mask, "int32"), axis=1) - 1
        if memory is None:
            return self._new(features, mask, time)
        time = time + ops.expand_dims(memory.written(), 1)
        features = ops.concatenate([memory.features, features], axis=1)
        mask = ops.concatenate([memory.mask, mask], axis=1)
        time = ops.concatenate([memory.time, time], axis=1)
        return self._newest(features, mask, time)

    def _new(self, features, mask, time):
        """A memory with room for all the inputs: nothing has to move."""
        room = self.slots - features.shape[1]
        rest = [(0, 0)] * (len(features.shape) - 2)
        return Memory(
            features=ops.pad(features, [(0, 0), (0, room), *rest]),
            mask=ops.pad(mask, [(0, 0), (0, room)]),
            time=ops.pad(ops.where(mask, time, 0), [(0, 0), (0, room)]),
        )

    def _newest(self, features, mask, time=None):
        """The newest `slots` of the written candidates, oldest first.

        Candidates without `time` are all that was ever written.
        """
        order = ops.cumsum(ops.cast(mask, "int32"), axis=1)  # (B, N) from 1
        total = ops.sum(ops.cast(mask, "int32"), axis=1, keepdims=True)
        filled = ops.minimum(total, self.slots)
        slot = ops.arange(self.slots, dtype="int32")
        # Slot s holds the written candidate number total - filled + s + 1:
        # as many candidates stand before it as have a smaller number.
        wanted = total - filled + slot + 1  # (B, S)
        before = ops.expand_dims(order, 1) < ops.expand_dims(wanted, 2)
        source = ops.sum(ops.cast(before, "int32"), axis=2)  # (B, S)
        mask = slot < filled
        source = ops.where(mask, source, 0)
        time = wanted - 1 if time is None else rows.gather(time, source)
        return Memory(
            features=rows.where(mask, rows.gather(features, source), 0),
            mask=mask,
            time=ops.where(mask, time, 0),
        )

    def compute_output_spec(self, features, memory=None, written=None):
        batch, rest = features.shape[0], features.shape[2:]
        shape = (batch, self.slots)
        dtype = features.dtype
        return Memory(
            keras.KerasTensor((*shape, *rest), dtype),
            keras.KerasTensor(shape, "bool"),
            keras.KerasTensor(shape, "int32"),
        )

    def get_config(self):
        return {**super().get_config(), "slots": self.slots}
