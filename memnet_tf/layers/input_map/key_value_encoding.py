"""I: a memory is found by some of its words and read as others."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.input_map.bag_of_ngrams import with_ngrams
from memnet_tf.layers.input_map.bag_of_words import BagOfWords

ENCODINGS = ("sentence", "window", "triple")
_WITH_VALUES_OF_ONE_WORD = ("window", "triple")


@keras.saving.register_keras_serializable("memnet_tf")
class KeyValueEncoding(BagOfWords):
    """Encodes a memory twice, as its key and as its value.

    Both are bags of words under one table, `A key` and `A value` (Miller et
    al. 2016, section 3.2). Which words they hold depends on `encoding`:

    - `"sentence"`: key and value hold all words;
    - `"window"`: words around an entity, which stands last: all words are
      the key, the entity is the value;
    - `"triple"`: subject, relation and object of a knowledge base: the last
      word is the value, those before it are the key.

    An entity of several words is written as one, "blade-runner". Questions
    are bags of their words, too, and of their n-grams, which tell "who
    directed films written by" from "who wrote films directed by".

    Args:
        vocabulary_size: see `BagOfWords`.
        units: see `BagOfWords`.
        encoding: `"sentence"`, `"window"` or `"triple"`.
        n: length of a question's longest n-gram.
        buckets: embeddings that n-grams of two and more words share.

    Call arguments:
        ids: int `(B, ..., W)`; words come first, padding last.

    Output:
        Keys and values `(B, ..., 2, d)`.

    Raises:
        ValueError: `encoding` is none of the three.

    Example:

    >>> layer = KeyValueEncoding(5, units=1, encoding="triple")
    >>> layer.build((None, 3))
    >>> layer.set_weights([np.array([[0.0], [1.0], [10.0], [20.0], [500.0]])])
    >>> layer(np.array([[2, 3, 4]])).numpy().tolist()
    [[[30.0], [500.0]]]
    """

    def __init__(
        self,
        vocabulary_size,
        units,
        encoding="sentence",
        n=1,
        buckets=2048,
        **kwargs,
    ):
        super().__init__(vocabulary_size, units, tables=2, **kwargs)
        positive_ints(n=n, buckets=buckets)
        if encoding not in ENCODINGS:
            raise ValueError(
                f"Expected `encoding` to be one of {ENCODINGS}. "
                f"Received: {encoding!r}"
            )
        self.encoding = encoding
        self.n = n
        self.buckets = buckets

    @property
    def rows(self):
        return self.vocabulary_size + (self.buckets if self.n > 1 else 0)

    @property
    def width(self):
        return self.units

    def table(self, index):
        return self.every_table()  # of keys and of values

    def words(self, ids):
        """The words of the key and of the value: ids, others 0."""
        if self.encoding == "sentence":
            return ids, ids
        present = ops.cast(ops.not_equal(ids, 0), "int32")
        count = ops.sum(present, axis=-1, keepdims=True)
        last = ops.equal(ops.cumsum(present, axis=-1) * present, count)
        value = ops.where(last, ids, 0)
        return (ids if self.encoding == "window" else ids - value), value

    def leads_back(self, ids, question, known=1):
        """Whether a memory's value is a word of the question.

        Args:
            ids: `(B, S, W)`, memories whose values are one word.
            question: ids `(B, V)`.
            known: the first id of a known word: unknown words may share one.

        Returns:
            Bool `(B, S)`.

        Raises:
            ValueError: the encoding is `"sentence"`, whose values hold all
                words.
        """
        if self.encoding not in _WITH_VALUES_OF_ONE_WORD:
            raise ValueError(
                "Expected `encoding` to be one of "
                f"{_WITH_VALUES_OF_ONE_WORD} without backtracking. "
                f"Received: {self.encoding!r}"
            )
        value = ops.max(self.words(ids)[1], axis=-1)  # the others are 0
        said = ops.equal(
            ops.expand_dims(value, -1), ops.expand_dims(question, 1)
        )
        return ops.logical_and(ops.any(said, axis=-1), value >= known)

    def encode(self, ids, first, last):
        features = [
            super(KeyValueEncoding, self).encode(words, 0, 1)
            for words in self.words(ids)[first:last]
        ]
        return ops.concatenate(features, axis=-2)

    def encode_question(self, ids):
        """Features `(B, d)` of questions `(B, W)`, of words and n-grams."""
        ids = with_ngrams(ids, self.n, self.vocabulary_size, self.buckets)
        return super().encode(ids, 0, 1)[:, 0]

    def scores(self, ids, query, table=0):
        return super().scores(self.words(ids)[table], query)

    def get_config(self):
        config = super().get_config()
        del config["tables"]
        return {
            **config,
            "encoding": self.encoding,
            "n": self.n,
            "buckets": self.buckets,
        }
