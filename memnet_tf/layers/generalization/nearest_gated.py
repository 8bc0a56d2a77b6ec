"""G: blend each input into the slot nearest to it."""

import keras
from keras import ops

from memnet_tf.layers.generalization import loop, rows
from memnet_tf.layers.generalization.in_place import InPlace


@keras.saving.register_keras_serializable("memnet_tf")
class NearestGated(InPlace):
    """Writes each input to an empty slot, or blends it into the nearest.

    With `m` the slot nearest to the input `x` (Euclidean), a learned gate
    says how much of it is replaced:

    1. gate `g = sigmoid(w . [x, m] + b)`
    2. slot `m <- (1 - g) m + g x`

    An input in an empty slot is written whole. Gradients reach `x`, `m`,
    `w` and `b`; which slot is nearest has none.

    Args:
        slots: `S`, the number of slots.

    Call arguments:
        features: `(B, T, d)`, `T` inputs in order of time.
        memory: the `Memory` to write to; a new, empty one if None.
        written: bool `(B, T)`; an input where it is False writes nothing.

    Output:
        A `Memory` of `slots` slots. A slot's time is that of its last
        write.

    Raises:
        ValueError: `slots` is not a positive int, or the memory has slots
            of another number or shape.

    Example:

    >>> nearest = NearestGated(slots=2)
    >>> nearest.build((None, None, 1))
    >>> _ = nearest.weight.assign([0.0, 0.0])  # g = sigmoid(b) = 0.5
    >>> memory = nearest(np.array([[[0.0], [8.0], [6.0]]]))
    >>> memory.features.numpy().tolist(), memory.time.numpy().tolist()
    ([[[0.0], [7.0]]], [[0, 2]])
    """

    def build(self, features_shape, memory_shape=None, written_shape=None):
        self.weight = self.add_weight(
            name="weight",
            shape=(2 * features_shape[-1],),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
        )
        self.bias = self.add_weight(name="bias", shape=(), initializer="zeros")

    def gate(self, features, slots):
        """`g`, `(...)`, for inputs and slots `(..., d)`."""
        of_input, of_slot = ops.split(self.weight, 2)
        logit = ops.matmul(features, of_input) + ops.matmul(slots, of_slot)
        return ops.sigmoid(ops.add(logit, self.bias))

    def write(self, features, memory, written):
        state = memory.features, memory.mask
        slot, state = loop.one_by_one(self.write_one, state, features, written)
        return loop.written_one_by_one(memory, state[0], slot, written)

    def write_one(self, state, features, written):
        """The slot `(B, 1)` of one input, and the state after it.

        Args:
            state: the slots `(B, S, d)`, and which are filled, `(B, S)`.
            features: `(B, d)`.
            written: bool `(B,)`.
        """
        slots, filled = state
        inputs = ops.expand_dims(features, 1)
        distance = ops.sum(ops.square(inputs - slots), axis=2)
        slot = ops.argmin(ops.where(filled > 0, distance, -1), axis=1)
        chosen = ops.one_hot(slot, self.slots, dtype="float32")
        chosen = rows.where(written, chosen, 0)
        gate = ops.where(filled > 0, self.gate(inputs, slots), 1)
        slots = loop.blend(slots, features, chosen * gate)
        return loop.number(slot), (slots, ops.maximum(filled, chosen))
