"""I: a sum of words, each scaled feature by feature for its place."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints

LENGTH = 3.0  # of an embedding at first, about


@keras.saving.register_keras_serializable("memnet_tf")
class WordMask(keras.Layer):
    """Sums word embeddings under a learned mask, `sum_j f_j * A x_j`.

    The learned multiplicative mask of Henaff et al. 2016 (section 2.1): a
    vector `f_j` of `d` factors for every place `j` in a sentence, normal with
    mean 1 at first. Embeddings are normal, of about length 3 at first.

    Args:
        vocabulary_size: `V`, number of word ids. Id 0 is padding and
            contributes nothing.
        units: `d`, the size of an embedding.
        masks: kinds of sentences, each with masks of its own over the same
            embeddings, such as 2 for those of a story and questions.
        spread: the factors' standard deviation at first. With 0.1 a sentence
            starts as a bag of words; with 1 a word starts as another vector
            in every place.

    Call arguments:
        ids: int `(B, ..., W)`, word ids, `W` the same in every call.
        kind: which masks to use, an int below `masks`.

    Output:
        Features `(B, ..., d)`.

    Example:

    >>> layer = WordMask(vocabulary_size=5, units=3)
    >>> layer(np.array([[[1, 2, 0], [0, 0, 0]]])).shape
    TensorShape([1, 2, 3])
    """

    def __init__(self, vocabulary_size, units, masks=1, spread=0.1, **kwargs):
        super().__init__(**kwargs)
        positive_ints(vocabulary_size=vocabulary_size, units=units, masks=masks)
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.masks = masks
        self.spread = spread

    def build(self, ids_shape):
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.vocabulary_size, self.units),
            initializer=keras.initializers.RandomNormal(
                stddev=LENGTH / self.units**0.5
            ),
        )
        self.mask = self.add_weight(
            name="mask",
            shape=(self.masks, ids_shape[-1], self.units),
            initializer=keras.initializers.RandomNormal(1.0, self.spread),
        )

    def call(self, ids, kind=0):
        if not keras.backend.is_int_dtype(ids.dtype):
            raise ValueError(
                f"Expected `ids` of an int dtype. Received: {ids.dtype}"
            )
        if not 0 <= kind < self.masks:
            raise ValueError(
                f"Expected `kind` below {self.masks}, the number of masks. "
                f"Received: {kind}"
            )
        embeddings = ops.cast(self.embeddings, self.compute_dtype)
        words = ops.take(embeddings, ids, axis=0)  # (B, ..., W, d)
        words = words * ops.cast(self.mask[kind], words.dtype)
        present = ops.cast(ops.not_equal(ids, 0), words.dtype)
        return ops.sum(words * ops.expand_dims(present, -1), axis=-2)

    def compute_output_shape(self, ids_shape):
        return (*ids_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "units": self.units,
            "masks": self.masks,
            "spread": self.spread,
        }
