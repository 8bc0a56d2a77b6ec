"""O: attend to the slots nearest to the question."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.output_map import addressing


@keras.saving.register_keras_serializable("memnet_tf")
class NearestAttention(keras.Layer):
    """Reads the `k` nearest slots by attention, once for each head.

    For a question `q` and the `k` slots `m_i` at the least Euclidean
    distance, head `h` asks with its own query `q_h = W_h q`:

    1. addresses `p = softmax(q_h . m_i / sqrt(d))` over the `k` slots
    2. read `o_h = sum_i p_i m_i`

    Empty slots are never read; where all are empty, zeros are.

    Args:
        k: slots read at most.
        heads: `h`, the number of heads.

    Call arguments:
        question: `(B, T, d)`, `T` questions.
        slots: `(B, S, d)`.
        filled: `(B, S)`, 0 or False where a slot is empty.

    Output:
        `(B, T, h d)`, what was read.
    """

    def __init__(self, k, heads=1, **kwargs):
        super().__init__(**kwargs)
        positive_ints(k=k, heads=heads)
        self.k = k
        self.heads = heads

    def build(self, question_shape, slots_shape=None, filled_shape=None):
        units = question_shape[-1]
        self.queries = self.add_weight(
            name="queries", shape=(units, self.heads, units)
        )

    def call(self, question, slots, filled):
        # |q - m|^2 without |q|^2, which is the same for all slots.
        length = ops.sum(ops.square(slots), axis=-1)
        distance = ops.expand_dims(length, 1) - 2 * ops.einsum(
            "btd,bsd->bts", question, slots
        )
        filled = ops.expand_dims(ops.cast(filled, "bool"), 1)  # (B, 1, S)
        nearness = ops.where(filled, -distance, -float("inf"))
        nearness, nearest = ops.top_k(
            ops.stop_gradient(nearness), min(self.k, slots.shape[1])
        )
        batch, questions, k = ops.shape(nearest)
        rows = ops.take_along_axis(
            slots, ops.reshape(nearest, (batch, questions * k, 1)), axis=1
        )
        rows = ops.reshape(rows, (batch, questions, k, slots.shape[2]))
        return self.attend(question, rows, nearness > -float("inf"))

    def attend(self, question, rows, mask):
        """What is read `(B, T, h d)` from the nearest slots.

        Args:
            question: `(B, T, d)`.
            rows: `(B, T, k, d)`, the nearest slots of each question.
            mask: bool `(B, T, k)`, False where there were fewer.
        """
        units = question.shape[-1]
        query = ops.einsum("btd,dhe->bthe", question, self.queries)
        scores = ops.einsum("bthe,btke->bthk", query, rows) / units**0.5
        addresses = addressing.softmax(scores, ops.expand_dims(mask, 2))
        read = ops.einsum("bthk,btke->bthe", addresses, rows)
        shape = (*ops.shape(question)[:2], self.heads * units)
        return ops.reshape(read, shape)

    def get_config(self):
        return {**super().get_config(), "k": self.k, "heads": self.heads}
