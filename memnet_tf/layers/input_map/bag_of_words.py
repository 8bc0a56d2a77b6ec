"""I: the features of a sentence are the sum of its words' embeddings."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("memnet_tf")
class BagOfWords(keras.Layer):
    """Sums the embeddings of a sentence's words, `sum_j A x_j`.

    The bag of words of Sukhbaatar et al. 2015, section 4.1.

    Args:
        vocabulary_size: `V`, number of word ids. Id 0 is padding and
            contributes nothing.
        units: `d`, the size of an embedding.
        tables: `E`, number of embedding tables; the output then holds the
            sentence's features under each. None for one, without an axis.

    Call arguments:
        ids: int `(B, ..., W)`, word ids.

    Output:
        Features `(B, ..., d)`, or `(B, ..., E, d)` with `tables`.

    Example:

    >>> layer = BagOfWords(vocabulary_size=5, units=3)
    >>> layer(np.array([[[1, 2, 0], [0, 0, 0]]])).shape
    TensorShape([1, 2, 3])
    """

    def __init__(self, vocabulary_size, units, tables=None, **kwargs):
        super().__init__(**kwargs)
        for name, value in (
            ("vocabulary_size", vocabulary_size),
            ("units", units),
            ("tables", tables if tables is not None else 1),
        ):
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"Expected `{name}` to be a positive int. "
                    f"Received: {value!r}"
                )
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.tables = tables

    @property
    def rows(self):
        """Number of embeddings in a table."""
        return self.vocabulary_size

    def build(self, ids_shape):
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.rows, (self.tables or 1) * self.units),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
        )

    def call(self, ids):
        if not keras.backend.is_int_dtype(ids.dtype):
            raise ValueError(
                f"Expected `ids` of an int dtype. Received: {ids.dtype}"
            )
        present = ops.cast(ops.not_equal(ids, 0), self.compute_dtype)
        words = ops.take(self.embeddings, ids, axis=0)  # (B, ..., W, E d)
        words = self.weigh(words, present) * ops.expand_dims(present, -1)
        features = ops.sum(words, axis=-2)
        if self.tables is None:
            return features
        return ops.reshape(
            features, (*ops.shape(ids)[:-1], self.tables, self.units)
        )

    def weigh(self, words, present):
        """Weighs word embeddings `(B, ..., W, E d)` before they are summed.

        Args:
            words: the embeddings.
            present: `(B, ..., W)`, 1 for a word and 0 for padding.
        """
        return words

    def table(self, index):
        """One embedding table, `(V, d)`."""
        start = range(self.tables or 1)[index] * self.units
        return self.embeddings[:, start : start + self.units]

    def compute_output_shape(self, ids_shape):
        tables = () if self.tables is None else (self.tables,)
        return (*ids_shape[:-1], *tables, self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "units": self.units,
            "tables": self.tables,
        }
