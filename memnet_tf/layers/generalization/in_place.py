"""What the layers share whose slots keep their place."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.generalization import rows
from memnet_tf.memory import Memory, UsedMemory


class InPlace(keras.Layer):
    """Base of the layers that overwrite a slot and move none.

    A subclass says in `write` which slot each input goes to.

    Args:
        slots: `S`, the number of slots.
    """

    memory_type: type[Memory | UsedMemory] = Memory  # of a memory that it makes

    def __init__(self, slots, **kwargs):
        super().__init__(**kwargs)
        positive_ints(slots=slots)
        self.slots = slots

    def call(self, features, memory=None, written=None):
        features, memory, written = self.prepare(features, memory, written)
        if features.shape[1] == 0:
            return memory
        return self.write(features, memory, written)

    def prepare(self, features, memory, written):
        """What `call` was given, checked, with a memory if it had none."""
        features, written = rows.inputs_to_write(features, written)
        if memory is None:
            memory = self.memory_type.empty(
                batch_size=ops.shape(features)[0],
                slots=self.slots,
                feature_shape=features.shape[2:],
                dtype=features.dtype,
            )
        self._check(features, memory)
        return features, memory, written

    def write(self, features, memory, written):
        """The memory after `features (B, T, ...)`, by `written (B, T)`."""
        raise NotImplementedError

    def _check(self, features, memory):
        expected = (self.slots, *features.shape[2:])
        received = tuple(memory.features.shape)
        if received[1:] != expected:
            raise ValueError(
                "Expected `memory.features` of shape "
                f"{('batch', *expected)}. Received shape: {received}"
            )

    def compute_output_spec(self, features, memory=None, written=None):
        shape = (features.shape[0], self.slots)
        dtype = features.dtype
        parts = {
            "features": keras.KerasTensor((*shape, *features.shape[2:]), dtype),
            "mask": keras.KerasTensor(shape, "bool"),
            "time": keras.KerasTensor(shape, "int32"),
            "usage": keras.KerasTensor(shape, self.compute_dtype),
        }
        fields = self.memory_type._fields
        return self.memory_type(*[parts[field] for field in fields])

    def get_config(self):
        return {**super().get_config(), "slots": self.slots}
