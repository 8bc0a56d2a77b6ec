"""The dictionary of MemNN: words, and unknown words by their neighbours."""

from typing import Any, NamedTuple

import keras
from keras import ops


class Reading(NamedTuple):
    """A story and a question as the dictionary spells them.

    Attributes:
        story: int ids `(B, S, W)`.
        question: int ids `(B, W)`.
        contexts: `(B, 2, M, V)`, for each of `M` unknown ids how often, of
            all its occurrences, each word stands to its left and to its
            right; None where contexts are not used.
        spelling: int `(B, V')`, the id here of each id that came in, 0 for
            an unknown word that the story does not have; None where they
            are the same.
    """

    story: Any
    question: Any
    contexts: Any = None
    spelling: Any = None


@keras.saving.register_keras_serializable("memnet_tf")
class Neighbours(keras.Layer):
    """Knows unknown words by their neighbours (Weston et al. 2014, sec. 3.5).

    The unknown words of a story and its question get the ids 1 to `M` in
    the order in which they are met. The context of such a word is the bag
    of the known words that stand directly to its left, and the bag of those
    to its right. In training, known words of the story are treated as unknown
    at random, so that a network learns what to make of contexts.

    Args:
        words: number of known words. The ids that come in are 0 for padding,
            `hashes` ids for unknown words, then the known words.
        hashes: ids of unknown words that come in.
        unknown_words: `M`, unknown words told apart; later ones share an id.
        rate: the fraction of words treated as unknown in training.

    Call arguments:
        story: int ids `(B, S, W)`.
        question: int ids `(B, W)`.

    Output:
        The parts of a `Reading`.
    """

    def __init__(self, words, hashes, unknown_words, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(
                f"Expected `rate` at least 0 and below 1. Received: {rate}"
            )
        self.words = words
        self.hashes = hashes
        self.unknown_words = unknown_words
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, story, question, training=False):
        batch, slots, length = ops.shape(story)
        sentences = ops.concatenate(
            [story, ops.expand_dims(question, 1)], axis=1
        )
        ids = ops.reshape(sentences, (batch, (slots + 1) * length))
        told = _occurring(ids[:, :-length], 1 + self.hashes + self.words)
        every = ops.arange(1 + self.hashes + self.words, dtype="int32")
        unknown = ops.broadcast_to(
            every <= self.hashes, (batch, every.shape[0])
        )
        if training and self.rate > 0:
            noise = keras.random.uniform(
                (batch, every.shape[0]), seed=self.seed_generator
            )
            unknown = unknown | (told & (noise < self.rate))
        spelling = ops.where(
            unknown, 0, every - self.hashes + self.unknown_words
        )
        spelling = spelling + self._number(
            ids, ops.take_along_axis(unknown, ids, axis=1), every.shape[0]
        )
        ids = ops.take_along_axis(spelling, ids, axis=1)
        sentences = ops.reshape(ids, (batch, slots + 1, length))
        return (
            sentences[:, :-1],
            sentences[:, -1],
            self._contexts(sentences),
            ops.where(unknown & ops.logical_not(told), 0, spelling),
        )

    def _number(self, ids, unknown, size):
        """Ids `(B, size)` for unknown words, from 1 as they are met."""
        place = ops.arange(ids.shape[1], dtype="int32")
        same = ops.equal(ops.expand_dims(ids, 2), ops.expand_dims(ids, 1))
        before = ops.any(same & (place < ops.expand_dims(place, 1)), axis=2)
        new = unknown & ops.not_equal(ids, 0) & ops.logical_not(before)
        new = ops.cast(new, "int32")
        number = ops.minimum(ops.cumsum(new, axis=1), self.unknown_words)
        row = ops.expand_dims(ops.arange(ops.shape(ids)[0], dtype="int32"), 1)
        flat = ops.reshape(row * size + ids, (-1, 1))
        numbers = ops.scatter(
            flat,
            ops.reshape(number * new, (-1,)),
            (ops.shape(ids)[0] * size,),
        )
        return ops.reshape(numbers, (-1, size))

    def _contexts(self, sentences):
        """Shares of words beside unknown ones, `(B, 2, M, V)`."""
        batch = ops.shape(sentences)[0]
        edge = ops.zeros_like(sentences[..., :1])
        left = ops.concatenate([edge, sentences[..., :-1]], axis=-1)
        right = ops.concatenate([sentences[..., 1:], edge], axis=-1)
        first = 1 + self.unknown_words
        here = self._is(sentences, ops.arange(1, first, dtype="int32"))
        known = ops.arange(first, first + self.words, dtype="int32")
        bags = [
            ops.einsum("btm,btv->bmv", here, self._is(side, known))
            for side in (left, right)
        ]
        times = ops.sum(here, axis=1)  # (B, M)
        times = ops.reshape(times, (batch, 1, self.unknown_words, 1))
        contexts = ops.stack(bags, axis=1) / ops.maximum(times, 1)
        return ops.pad(contexts, [(0, 0), (0, 0), (0, 0), (first, 0)])

    def _is(self, sentences, choices):
        ids = ops.reshape(sentences, (ops.shape(sentences)[0], -1, 1))
        return ops.cast(ops.equal(ids, choices), self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "words": self.words,
            "hashes": self.hashes,
            "unknown_words": self.unknown_words,
            "rate": self.rate,
        }


@keras.saving.register_keras_serializable("memnet_tf")
class WordTable(keras.Layer):
    """The columns of `U` for one role that words can play.

    MemNN gives a word several representations: as a word of the question,
    of a memory already read, of a memory that is scored (section 3.1). With
    contexts, an unknown word is the sum of its neighbours under two further
    tables.

    Args:
        vocabulary_size: `V`, number of ids.
        units: `n`, the size of an embedding.
        unknown_words: `M` ids from 1 that contexts represent; 0 for none.
    """

    def __init__(self, vocabulary_size, units, unknown_words=0, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.unknown_words = unknown_words
        self.build()

    def build(self, input_shape=None):
        tables = 3 if self.unknown_words else 1
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(tables, self.vocabulary_size, self.units),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
        )
        self.built = True

    def embed(self, ids, contexts=None):
        """`U Phi(ids)`: the sum `(B, n)` of the words `(B, W)`."""
        words = ops.arange(1, self.vocabulary_size, dtype="int32")
        same = ops.equal(ops.expand_dims(ids, -1), words)
        bag = ops.sum(ops.cast(same, self.compute_dtype), axis=1)
        bag = ops.pad(bag, [(0, 0), (1, 0)])  # (B, V), padding not counted
        first = 1 + self.unknown_words
        known = bag[:, first:]
        embedded = ops.matmul(known, self.embeddings[0, first:])
        if contexts is None:
            return embedded
        around = ops.einsum("bm,bsmv->bsv", bag[:, 1:first], contexts)
        return embedded + ops.einsum("bsv,svn->bn", around, self.embeddings[1:])

    def scores(self, query, contexts=None):
        """`query . U Phi(w)` for every word: `(B, n)` to `(B, V)`."""
        first = 1 + self.unknown_words
        known = ops.matmul(query, ops.transpose(self.embeddings[0, first:]))
        if contexts is None:
            return ops.pad(known, [(0, 0), (first, 0)])
        around = ops.einsum("bn,svn->bsv", query, self.embeddings[1:])
        unknown = ops.einsum("bsmv,bsv->bm", contexts, around)
        return ops.pad(
            ops.concatenate([unknown, known], axis=1), [(0, 0), (1, 0)]
        )

    def call(self, ids, contexts=None):
        return self.embed(ids, contexts)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "units": self.units,
            "unknown_words": self.unknown_words,
        }


def occurs(ids, sentence):
    """Which words `ids (B, N)` are in a sentence `(B, W)`: bool `(B, N)`."""
    same = ops.equal(ops.expand_dims(ids, -1), ops.expand_dims(sentence, 1))
    return ops.any(same, axis=-1) & ops.not_equal(ids, 0)


def _occurring(ids, size):
    """Which of `size` ids are among `ids (B, N)`: bool `(B, size)`."""
    row = ops.expand_dims(ops.arange(ops.shape(ids)[0], dtype="int32"), 1)
    flat = ops.reshape(row * size + ids, (-1, 1))
    times = ops.scatter(
        flat,
        ops.reshape(ops.ones_like(ids), (-1,)),
        (ops.shape(ids)[0] * size,),
    )
    return ops.reshape(times, (-1, size)) > 0


def by_word(scores, ids):
    """Scores of words `(B, V)` as scores of their occurrences `(B, N)`."""
    taken = ops.take_along_axis(scores, ids, axis=1)
    return ops.where(ops.not_equal(ids, 0), taken, 0)
