"""I: entities have codes that are not trained, and words embeddings."""

import keras
import numpy as np
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.input_map.bag_of_ngrams import with_ngrams
from memnet_tf.layers.input_map.key_value_encoding import KeyValueEncoding

_UNKNOWN = 1  # the word that all entities are where words are embedded
_LENGTH = 7.0  # of a code: entities that are the same score 49


@keras.saving.register_keras_serializable("memnet_tf")
class EntityEncoding(KeyValueEncoding):
    """Tells which entities are meant apart from what is said of them.

    A knowledge base has more entities than training can ask of. So each has
    a random code of its own, as long as any other's, that is not trained;
    and what is trained, the embeddings of all other words, does not tell
    entities apart. Both are bags, in features of their own:

    - the first `code_units` are the sum of the codes of the entities;
    - the others are the sum of the embeddings of the words, of which a
      question has n-grams, too. There every entity is the same word, the
      unknown one; so "films by rowland-brown" and "films by agnès-varda"
      are alike.

    A key of such a memory scores high with a state that holds the code of
    its subject and the embedding of its relation. The sum of `n` codes is
    nearer to each of them than to any of `N` others if there are, about, more
    than `2 n ln N` features.

    Args:
        vocabulary_size: see `BagOfWords`.
        units: `d`, of codes and embeddings together.
        entities: the ids of the words that are entities.
        code_units: features of a code, less than `units`.
        encoding: see `KeyValueEncoding`.
        n: see `KeyValueEncoding`.
        buckets: see `KeyValueEncoding`.

    Call arguments:
        ids: int `(B, ..., W)`; words come first, padding last.

    Output:
        Keys and values `(B, ..., 2, d)`.

    Raises:
        ValueError: `code_units` leaves no features for words, or an entity
            is no id of a word.

    Example:

    >>> layer = EntityEncoding(6, units=5, entities=[2, 3], code_units=4)
    >>> features = layer(np.array([[[2, 4, 3], [3, 4, 2]]]))
    >>> features.shape
    TensorShape([1, 2, 2, 5])
    >>> keys, values = features[0, :, 0], features[0, :, 1]
    >>> bool(np.allclose(keys[0, :4], values[1, :4]))  # the code of 2
    True
    """

    def __init__(
        self,
        vocabulary_size,
        units,
        entities,
        code_units,
        encoding="triple",
        n=1,
        buckets=2048,
        **kwargs,
    ):
        super().__init__(vocabulary_size, units, encoding, n, buckets, **kwargs)
        positive_ints(code_units=code_units)
        if code_units >= units:
            raise ValueError(
                f"Expected `code_units` below `units`, {units}. "
                f"Received: {code_units}"
            )
        self.entities = sorted(int(entity) for entity in entities)
        for entity in self.entities[:1] + self.entities[-1:]:
            if not _UNKNOWN < entity < vocabulary_size:
                raise ValueError(
                    "Expected `entities` to be ids of words, from "
                    f"{_UNKNOWN + 1} to {vocabulary_size - 1}. "
                    f"Received: {entity}"
                )
        self.code_units = code_units
        # The row of each word's code; the first is that of all other words.
        self._codes_of = np.zeros(vocabulary_size, "int32")
        self._codes_of[self.entities] = 1 + np.arange(len(self.entities))

    @property
    def width(self):
        return self.units - self.code_units

    def build(self, ids_shape):
        super().build(ids_shape)
        self.codes = self.add_weight(
            name="codes",
            shape=(1 + len(self.entities), self.code_units),
            initializer=_random_codes,
            trainable=False,
        )

    def every_table(self):
        """Codes and embeddings of all words and n-grams, `(V, d)`."""
        ngrams = [(0, self.rows - self.vocabulary_size), (0, 0)]
        codes = ops.take(self.codes, self._codes_of, axis=0)
        words = np.arange(self.rows)
        words[self.entities] = _UNKNOWN
        words = ops.take(self.embeddings, words, axis=0)
        return ops.concatenate([ops.pad(codes, ngrams), words], axis=-1)

    def encode(self, ids, first, last):
        return ops.stack(
            [self._bag(words) for words in self.words(ids)[first:last]],
            axis=-2,
        )

    def encode_question(self, ids):
        return self._bag(ids, self.n)

    def _bag(self, ids, n=1):
        """Features `(B, ..., d)` of words, and of n-grams of the embedded."""
        codes_of = ops.take(self._codes_of, ids, axis=0)
        words = ops.where(codes_of > 0, _UNKNOWN, ids)
        words = with_ngrams(words, n, self.vocabulary_size, self.buckets)
        bags = (
            self._sum(self.codes, codes_of),
            self._sum(self.embeddings, words),
        )
        return ops.concatenate(bags, axis=-1)

    def _sum(self, table, rows):
        """The sum of rows `(B, ..., W)` of a table, but for the first."""
        table = ops.cast(table, self.compute_dtype)
        present = ops.cast(ops.not_equal(rows, 0), self.compute_dtype)
        vectors = ops.take(table, rows, axis=0)
        return ops.sum(vectors * ops.expand_dims(present, -1), axis=-2)

    def get_config(self):
        return {
            **super().get_config(),
            "entities": self.entities,
            "code_units": self.code_units,
        }


def _random_codes(shape, dtype=None):
    """Rows of one length in random directions, the first of them 0."""
    drawn = keras.random.normal(shape, dtype=dtype)
    length = ops.sqrt(ops.sum(ops.square(drawn), axis=-1, keepdims=True))
    codes = drawn * _LENGTH / length
    return codes * ops.cast(ops.arange(shape[0]) > 0, codes.dtype)[:, None]
