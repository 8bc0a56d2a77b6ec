"""Bags of words of questions and of statements, trained to be alike."""

import keras
from keras import ops

from memnet_tf import layers


class Encoder(keras.Model):
    """`s(q, m) = (A q) . (A m)`, the U of Weston et al. 2014 as sums of words.

    Trained by a softmax over the statements of the batch: each question is
    to find the one that it was made from.

    Args:
        words: number of word ids.
        units: `d`.
    """

    def __init__(self, words, units):
        super().__init__()
        self.input_map = layers.BagOfWords(words, units)
        self.input_map.build((None, None))
        scale = units**-0.5 / 0.1  # words begin with length 1
        self.input_map.embeddings.assign(self.input_map.embeddings * scale)
        self.sharpness = self.add_weight(
            name="sharpness",
            shape=(),
            initializer=keras.initializers.Constant(5),
        )
        self.built = True

    def call(self, inputs):
        """Scores of every statement of a batch for every question."""
        question = self.encode(inputs["question"])
        statement = self.encode(inputs["statement"])
        return self.sharpness * ops.matmul(question, ops.transpose(statement))

    def encode(self, ids):
        """Features `(N, d)` of word ids `(N, W)`."""
        return self.input_map(ids)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        own = ops.arange(ops.shape(y_pred)[0])
        return ops.mean(
            ops.sparse_categorical_crossentropy(own, y_pred, from_logits=True)
        )
