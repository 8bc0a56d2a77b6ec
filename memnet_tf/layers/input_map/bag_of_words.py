"""I: the features of a sentence are the sum of its words' embeddings."""

import keras
import numpy as np
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.input_map.types_of_words import types_of_words


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
        stddev: standard deviation of embeddings at first.
        types: lists of word ids, each the words of a type, such as places. A
            word's embedding is its own, 0 at first, and that of its types. So
            a word that training never meets is known by its types.

    Call arguments:
        ids: int `(B, ..., W)`, word ids.

    Output:
        Features `(B, ..., d)`, or `(B, ..., E, d)` with `tables`.

    Example:

    >>> layer = BagOfWords(vocabulary_size=5, units=3)
    >>> layer(np.array([[[1, 2, 0], [0, 0, 0]]])).shape
    TensorShape([1, 2, 3])
    """

    def __init__(
        self,
        vocabulary_size,
        units,
        tables=None,
        stddev=0.1,
        types=(),
        **kwargs,
    ):
        super().__init__(**kwargs)
        positive_ints(
            vocabulary_size=vocabulary_size,
            units=units,
            tables=1 if tables is None else tables,
        )
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.tables = tables
        self.stddev = stddev
        self.types = [[int(word) for word in words] for words in types]
        self.of_types = types_of_words("types", self.types, vocabulary_size)

    @property
    def rows(self):
        """Number of embeddings in a table."""
        return self.vocabulary_size

    @property
    def width(self):
        """Numbers of a word's embeddings in all tables."""
        return (self.tables or 1) * self.units

    def build(self, ids_shape):
        normal = keras.initializers.RandomNormal(stddev=self.stddev)
        drawn = np.ones((self.rows, 1))
        drawn[: self.vocabulary_size] -= self.of_types.any(axis=1)[:, None]
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.rows, self.width),
            initializer=lambda shape, dtype: (
                normal(shape, dtype) * ops.cast(drawn, dtype)
            ),
        )
        if self.types:
            self.embeddings_of_types = self.add_weight(
                name="embeddings_of_types",
                shape=(len(self.types), self.width),
                initializer=keras.initializers.RandomNormal(stddev=self.stddev),
            )

    def every_table(self):
        """The embeddings of all words, `(V, E d)`."""
        if not self.types:
            return self.embeddings
        vectors = ops.convert_to_tensor(self.embeddings_of_types)
        others = [(0, self.rows - self.vocabulary_size), (0, 0)]
        of_types = ops.cast(np.pad(self.of_types, others), vectors.dtype)
        return self.embeddings + ops.matmul(of_types, vectors)

    def call(self, ids):
        if not keras.backend.is_int_dtype(ids.dtype):
            raise ValueError(
                f"Expected `ids` of an int dtype. Received: {ids.dtype}"
            )
        if self.tables is not None:
            return self.encode(ids, 0, self.tables)
        return ops.squeeze(self.encode(ids, 0, 1), -2)

    def encode(self, ids, first, last):
        """Features `(B, ..., last - first, d)` under some of the tables.

        Args:
            ids: as in `call`.
            first: the first table.
            last: the table after the last.
        """
        ids = self.entries(ids)
        present = ops.cast(ops.not_equal(ids, 0), self.compute_dtype)
        embeddings = self.every_table()
        embeddings = embeddings[:, first * self.units : last * self.units]
        embeddings = ops.cast(embeddings, self.compute_dtype)
        words = ops.take(embeddings, ids, axis=0)  # (B, ..., W, E d)
        weight = 0  # of word j and dimension k, l_kj
        for by_dimension, by_word in self.weights_of_words(present):
            by_dimension = np.tile(by_dimension, last - first)
            weight = weight + ops.expand_dims(by_word, -1) * ops.cast(
                by_dimension, words.dtype
            )
        words = words * weight * ops.expand_dims(present, -1)
        features = ops.sum(words, axis=-2)
        shape = (*ops.shape(ids)[:-1], last - first, self.units)
        return ops.reshape(features, shape)

    def encode_question(self, ids):
        """Features `(B, d)` of questions `(B, W)` under the first table."""
        return self.encode(ids, 0, 1)[:, 0]

    def scores(self, ids, query, table=0):
        """Scores `q . A x_i` of sentences, without making any `A x_i`.

        Every word of the vocabulary is scored, and a sentence adds up the
        scores of its words: a number a word in place of a vector, which for
        a long story is many times faster.

        Args:
            ids: int `(B, S, W)`, sentences.
            query: `(B, d)`.
            table: which table is `A`.

        Returns:
            `(B, S)`.
        """
        ids = self.entries(ids)
        present = ops.cast(ops.not_equal(ids, 0), self.compute_dtype)
        embeddings = ops.cast(self.table(table), self.compute_dtype)
        flat = ops.reshape(ids, (ops.shape(ids)[0], -1))
        total = 0
        for by_dimension, by_word in self.weights_of_words(present):
            weighed = query * ops.cast(by_dimension, query.dtype)
            of_words = ops.matmul(weighed, ops.transpose(embeddings))  # (B, V)
            found = ops.take_along_axis(of_words, flat, axis=1)
            total = total + ops.reshape(found, ops.shape(ids)) * by_word
        return ops.sum(total * present, axis=-1)

    def entries(self, ids):
        """The rows of the table that sentences are made of."""
        return ids

    def weights_of_words(self, present):
        """How words are weighed before they are summed.

        Args:
            present: `(B, ..., W)`, 1 for a word and 0 for padding.

        Returns:
            Pairs of `c`, by dimension `(d,)`, and `b`, by word and to be
            broadcast to `(B, ..., W)`. The weight of dimension `k` of word
            `j` is the sum of `c_k b_j` over the pairs.
        """
        return [(np.ones(self.units), ops.ones_like(present))]

    def table(self, index):
        """One embedding table, `(V, d)`."""
        start = range(self.tables or 1)[index] * self.units
        return self.every_table()[:, start : start + self.units]

    def compute_output_shape(self, ids_shape):
        tables = () if self.tables is None else (self.tables,)
        return (*ids_shape[:-1], *tables, self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "units": self.units,
            "tables": self.tables,
            "stddev": self.stddev,
            "types": self.types,
        }
