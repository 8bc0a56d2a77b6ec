"""G: write each input in place of what is least useful."""

import keras
from keras import ops

from memnet_tf.layers.generalization import loop, rows
from memnet_tf.layers.generalization.in_place import InPlace


@keras.saving.register_keras_serializable("memnet_tf")
class LeastUseful(InPlace):
    """Writes each input to an empty slot, or to the least useful one.

    A slot's usefulness is learned: `u_i = w . m_i`, and the slot with the
    lowest is overwritten. (A bias would change no choice, and would have no
    gradient.) The choice is hard, and its gradient is that of a softmin
    (a straight-through estimator): forward, `m_i <- (1 - a_i) m_i + a_i x`
    with `a` one-hot; backward, as if `a = softmax(-u)`. So `w` is told, for
    every slot, whether the loss would have been lower had the input been
    written there. While there are empty slots, nothing is chosen and `w`
    learns nothing.

    Args:
        slots: `S`, the number of slots.

    Call arguments:
        features: `(B, T, d)`, `T` inputs in order of time.
        memory: the `Memory` to write to; a new, empty one if None.
        written: bool `(B, T)`; an input where it is False writes nothing.

    Output:
        A `Memory` of `slots` slots.

    Raises:
        ValueError: `slots` is not a positive int, or the memory has slots
            of another number or shape.

    Example:

    >>> least_useful = LeastUseful(slots=2)
    >>> least_useful.build((None, None, 1))
    >>> _ = least_useful.weight.assign([1.0])
    >>> memory = least_useful(np.array([[[2.0], [1.0], [3.0]]]))
    >>> memory.features.numpy().tolist()
    [[[2.0], [3.0]]]
    """

    def build(self, features_shape, memory_shape=None, written_shape=None):
        self.weight = self.add_weight(
            name="weight",
            shape=(features_shape[-1],),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
        )

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
        usefulness = ops.matmul(slots, self.weight)  # (B, S)
        empty_first = ops.where(filled > 0, usefulness, -float("inf"))
        slot = ops.argmin(empty_first, axis=1)
        chosen = ops.one_hot(slot, self.slots, dtype="float32")
        chosen = rows.where(written, chosen, 0)
        total = ops.logsumexp(-usefulness, axis=1, keepdims=True)
        soft = ops.exp(-usefulness - total)
        full = ops.all(filled > 0, axis=1, keepdims=True)
        soft = ops.where(full, soft, 0)
        soft = rows.where(written, soft, 0)
        share = chosen + (soft - ops.stop_gradient(soft))
        slots = loop.blend(slots, features, share)
        return loop.number(slot), (slots, ops.maximum(filled, chosen))
