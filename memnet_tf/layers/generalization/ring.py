"""G: write each input in place of the oldest."""

import keras

from memnet_tf.layers.generalization import rows
from memnet_tf.layers.generalization.in_place import InPlace


@keras.saving.register_keras_serializable("memnet_tf")
class Ring(InPlace):
    """Writes input number `n` to slot `n mod S`, over what was there.

    It holds what `layers.Append` holds: the newest `slots` inputs. There,
    slots move up, so that they stand in the order of writing, which
    stick-breaking and MemNN read by. Here, an input stays in its slot until
    it is forgotten: use it where something else knows slots by their number,
    such as an index over them, or where a memory is large and few inputs are
    written at a time.

    Args:
        slots: `S`, the number of slots.

    Call arguments:
        features: `(B, T, ...)`, `T` inputs in order of time.
        memory: the `Memory` to write to; a new, empty one if None.
        written: bool `(B, T)`; an input where it is False writes nothing.

    Output:
        A `Memory` of `slots` slots.

    Raises:
        ValueError: `slots` is not a positive int, or the memory has slots
            of another number or shape.

    Example:

    >>> memory = Ring(slots=2)(np.array([[[1.0], [2.0], [3.0]]]))
    >>> memory.features.numpy().tolist(), memory.time.numpy().tolist()
    ([[[3.0], [2.0]]], [[2, 1]])
    """

    def write(self, features, memory, written):
        slot = rows.times(memory, written) % self.slots
        return rows.put(features, memory, slot, written)
