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
            all its occurrences, each known word stands to its left and to
            its right; None where contexts are not used.
        spelling: int `(B, V)`, the id that stands for each word; None
            where every word stands for itself.
    """

    story: Any
    question: Any
    contexts: Any = None
    spelling: Any = None


@keras.saving.register_keras_serializable("memnet_tf")
class Neighbours(keras.Layer):
    """Knows unknown words by their neighbours (Weston et al. 2014, sec. 3.5).

    The context of an unknown word is the bag of the words that stand
    directly to its left in the story and question, and the bag of those to
    its right. In training, known words are treated as unknown at random, so
    that a network learns what to make of contexts.

    Args:
        vocabulary_size: `V`, number of ids.
        unknown_words: `M`; ids 1 to `M` are for unknown words.
        rate: the fraction of words treated as unknown in training.

    Call arguments:
        story: int ids `(B, S, W)`.
        question: int ids `(B, W)`.

    Output:
        The parts of a `Reading`; without `spelling` where every word stands
        for itself.
    """

    def __init__(self, vocabulary_size, unknown_words, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(
                f"Expected `rate` at least 0 and below 1. Received: {rate}"
            )
        self.vocabulary_size = vocabulary_size
        self.unknown_words = unknown_words
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, story, question, training=False):
        if not training or self.rate == 0:
            return story, question, self._contexts(story, question)
        spelling = self._misspell(ops.shape(story)[0])
        story, question = _look_up(spelling, story, question)
        return story, question, self._contexts(story, question), spelling

    def _misspell(self, batch):
        """Spells random known words, of each example, as unknown ones."""
        word = ops.arange(self.vocabulary_size, dtype="int32")
        noise = keras.random.uniform(
            (batch, self.vocabulary_size), seed=self.seed_generator
        )
        forget = (noise < self.rate) & (word > self.unknown_words)
        return ops.where(forget, 1 + word % self.unknown_words, word)

    def _contexts(self, story, question):
        ids = ops.concatenate([story, ops.expand_dims(question, 1)], axis=1)
        edge = ops.zeros_like(ids[..., :1])
        left = ops.concatenate([edge, ids[..., :-1]], axis=-1)
        right = ops.concatenate([ids[..., 1:], edge], axis=-1)
        batch = ops.shape(ids)[0]
        unknown = ops.arange(1, self.unknown_words + 1, dtype="int32")
        here = self._is(ops.reshape(ids, (batch, -1)), unknown)
        known = ops.arange(self.vocabulary_size, dtype="int32")
        known = ops.where(known > self.unknown_words, known, -1)
        bags = [
            ops.einsum(
                "btm,btv->bmv",
                here,
                self._is(ops.reshape(side, (batch, -1)), known),
            )
            for side in (left, right)
        ]
        contexts = ops.stack(bags, axis=1)  # (B, 2, M, V)
        times = ops.expand_dims(ops.sum(here, axis=1), -1)  # (B, M, 1)
        return contexts / ops.expand_dims(ops.maximum(times, 1), 1)

    def _is(self, ids, choices):
        return ops.cast(
            ops.equal(ops.expand_dims(ids, -1), choices), self.compute_dtype
        )

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
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
        return embedded + ops.einsum(
            "bsv,svn->bn", around, self.embeddings[1:]
        )

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


def by_word(scores, ids):
    """Scores of words `(B, V)` as scores of their occurrences `(B, N)`."""
    taken = ops.take_along_axis(scores, ids, axis=1)
    return ops.where(ops.not_equal(ids, 0), taken, 0)


def _look_up(spelling, story, question):
    batch, slots, length = ops.shape(story)
    flat = ops.reshape(story, (batch, slots * length))
    story = ops.reshape(
        ops.take_along_axis(spelling, flat, axis=1), (batch, slots, length)
    )
    return story, ops.take_along_axis(spelling, question, axis=1)
