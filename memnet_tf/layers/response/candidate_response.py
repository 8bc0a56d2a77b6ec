"""R: answer with one of the given texts."""

import keras
from keras import ops

from memnet_tf.layers.input_map.bag_of_words import BagOfWords


@keras.saving.register_keras_serializable("memnet_tf")
class CandidateResponse(keras.Layer):
    """Scores given texts as the answer, `o . sum_j W y_j`.

    Args:
        vocabulary_size: `V`, number of word ids; id 0 is padding.

    Call arguments:
        output: `(B, d)`, what O read.
        candidates: int word ids `(C, W)`, the same for every question, or
            `(B, C, W)`, each question's own. A candidate without words is
            never the answer.

    Output:
        Scores `(B, C)`.
    """

    def __init__(self, vocabulary_size, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size

    def build(self, output_shape, candidates_shape):
        self.encoder = BagOfWords(
            self.vocabulary_size, output_shape[-1], dtype=self.dtype_policy
        )
        self.encoder.build(candidates_shape)

    def call(self, output, candidates):
        features = self.encoder(candidates)  # (C, d) or (B, C, d)
        if len(candidates.shape) == 2:
            scores = ops.matmul(output, ops.transpose(features))
        else:
            scores = ops.sum(ops.expand_dims(output, 1) * features, axis=-1)
        given = ops.any(ops.not_equal(candidates, 0), axis=-1)
        return ops.where(given, scores, ops.cast(-3e4, scores.dtype))

    def get_config(self):
        return {**super().get_config(), "vocabulary_size": self.vocabulary_size}
