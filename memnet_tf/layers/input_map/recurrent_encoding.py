"""I: a sentence is read word by word."""

import keras
from keras import ops

from memnet_tf.checks import handed_in_where_tied, positive_ints


@keras.saving.register_keras_serializable("memnet_tf")
class RecurrentEncoding(keras.Layer):
    """Reads the words of a sentence in order; its features are the last state.

    A gated recurrent unit over word embeddings, as the question is read by
    Kumar et al. 2015 (1506.07285, section 2.2).

    Args:
        vocabulary_size: `V`, number of word ids. Id 0 is padding and is
            skipped.
        units: `d`, the size of an embedding and of the state.
        tied: whether embeddings are handed in at each call instead of being
            a weight of the layer.

    Call arguments:
        ids: int `(B, ..., W)`, word ids.
        embeddings: `(V, d)`, where `tied`.

    Output:
        Features `(B, ..., d)`, 0 for a sentence without words.

    Raises:
        ValueError: embeddings are handed in where they are not tied, or not
            where they are.

    Example:

    >>> layer = RecurrentEncoding(vocabulary_size=5, units=3)
    >>> layer(np.array([[[1, 2, 0], [0, 0, 0]]])).shape
    TensorShape([1, 2, 3])
    """

    def __init__(self, vocabulary_size, units, tied=False, **kwargs):
        super().__init__(**kwargs)
        positive_ints(vocabulary_size=vocabulary_size, units=units)
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.tied = tied

    def build(self, ids_shape, embeddings_shape=None):
        if not self.tied:
            self.embeddings = self.add_weight(
                name="embeddings",
                shape=(self.vocabulary_size, self.units),
                initializer=keras.initializers.RandomNormal(stddev=0.1),
            )
        # XLA cannot compile what cuDNN offers.
        self.reader = keras.layers.GRU(
            self.units,
            recurrent_initializer="glorot_uniform",
            use_cudnn=False,
            dtype=self.dtype_policy,
        )
        self.reader.build((None, ids_shape[-1], self.units))

    def call(self, ids, embeddings=None):
        handed_in_where_tied(self.tied, "embeddings", embeddings)
        if not self.tied:
            embeddings = self.embeddings
        sentences = ops.reshape(ids, (-1, ids.shape[-1]))
        words = ops.take(
            ops.cast(embeddings, self.compute_dtype), sentences, axis=0
        )
        features = self.reader(words, mask=ops.not_equal(sentences, 0))
        return ops.reshape(features, (*ops.shape(ids)[:-1], self.units))

    def compute_output_shape(self, ids_shape, embeddings_shape=None):
        return (*ids_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "units": self.units,
            "tied": self.tied,
        }
