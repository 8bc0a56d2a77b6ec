"""R: answer with a word of the vocabulary."""

import keras
from keras import ops

from memnet_tf.checks import handed_in_where_tied


@keras.saving.register_keras_serializable("memnet_tf")
class WordResponse(keras.Layer):
    """Scores every word as the answer, `W o` (Sukhbaatar et al. 2015, eq. 4).

    Args:
        vocabulary_size: `V`, number of word ids.
        reserved: ids before this one (padding, unknown words) are never the
            answer: their logits are very low.
        tied: whether `W` is handed in at each call (adjacent tying,
            `W^T = C^K`) instead of being a weight of the layer.
        stddev: standard deviation of `W` at first, where it is a weight.

    Call arguments:
        output: `(B, d)`, what O read.
        embeddings: `(V, d)`, where `tied`.

    Output:
        Logits `(B, V)`.
    """

    def __init__(
        self, vocabulary_size, reserved=1, tied=False, stddev=0.1, **kwargs
    ):
        super().__init__(**kwargs)
        if not 0 <= reserved < vocabulary_size:
            raise ValueError(
                "Expected `reserved` to be at least 0 and below "
                f"`vocabulary_size` {vocabulary_size}. Received: {reserved}"
            )
        self.vocabulary_size = vocabulary_size
        self.reserved = reserved
        self.tied = tied
        self.stddev = stddev

    def build(self, output_shape, embeddings_shape=None):
        if not self.tied:
            self.embeddings = self.add_weight(
                name="embeddings",
                shape=(self.vocabulary_size, output_shape[-1]),
                initializer=keras.initializers.RandomNormal(stddev=self.stddev),
            )

    def call(self, output, embeddings=None):
        handed_in_where_tied(self.tied, "embeddings", embeddings)
        if not self.tied:
            embeddings = self.embeddings
        logits = ops.matmul(output, ops.transpose(embeddings))
        allowed = ops.arange(self.vocabulary_size) >= self.reserved
        return ops.where(allowed, logits, ops.cast(-3e4, logits.dtype))

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "reserved": self.reserved,
            "tied": self.tied,
            "stddev": self.stddev,
        }
