"""R of MemNN: rank the words as the answer."""

import keras
from keras import ops

from memnet_tf.models.memnn.dictionary import WordTable, occurs


@keras.saving.register_keras_serializable("memnet_tf")
class WordRanking(keras.Layer):
    """`r = argmax_w s_R([x, m_o1, m_o2], w)` (Weston et al. 2014, eq. 4).

    `s_R` is like `s_O` with a matrix `U_R` of its own. What is asked and read
    may pass a nonlinear map first, `tanh(W tanh(U_R Phi))` (Weston et al.
    2015, 1502.05698, section 5), without which an answer of yes or no cannot
    depend on whether the two agree; each supporting memory then has a role of
    its own in `Phi`.

    Args:
        vocabulary_size: `V`, number of word ids.
        units: `n`, the size of an embedding.
        reserved: ids before this one are never the answer.
        match: number of supporting memories for each of which, and for the
            question, a word that occurs there has an embedding of its own
            (the matching features of section 3.6); 0 for none.
        unknown_words: see `WordTable`.
        ngrams: ids from `vocabulary_size` on, which are no answers.
        nonlinear: for how many supporting memories there is a nonlinear map;
            0 for none.

    Call arguments:
        question: int ids `(B, W)`.
        found: int ids `(B, k, W)`, the words of the supporting memories.
        contexts: of unknown words, see `Reading`.
        spelling: of the ids that came in, see `Reading`.

    Output:
        Scores of the ids that came in, `(B, V')`; -3e4 for what cannot be
        the answer.
    """

    def __init__(
        self,
        vocabulary_size,
        units,
        reserved=1,
        match=0,
        unknown_words=0,
        ngrams=0,
        nonlinear=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.reserved = reserved
        self.match = match
        self.unknown_words = unknown_words
        self.ngrams = ngrams
        self.nonlinear = nonlinear

        def table(name, ngrams=0):
            return WordTable(
                vocabulary_size + ngrams,
                units,
                unknown_words,
                name=name,
                dtype=self.dtype_policy,
            )

        self.question = table("question", ngrams)
        self.read = table("read", ngrams)
        self.later_reads = [
            table(f"read_{place}", ngrams) for place in range(1, nonlinear)
        ]
        self.answer = table("answer")
        places = range(match + 1) if match else ()
        self.matches = [table(f"match_{place}") for place in places]
        self.map = None
        if nonlinear:
            self.map = keras.layers.Dense(
                units, activation="tanh", name="map", dtype=self.dtype_policy
            )
            self.map.build((None, units))

    def call(self, question, found, contexts=None, spelling=None):
        batch = ops.shape(question)[0]
        query = self.question.embed(question, contexts)
        reads = [self.read, *self.later_reads]
        roles = ops.split(found, len(reads), axis=1)
        for table, memories in zip(reads, roles, strict=True):
            words = ops.reshape(memories, (batch, -1))
            query = query + table.embed(words, contexts)
        if self.map is not None:
            query = self.map(ops.tanh(query))
        scores = self.answer.scores(query, contexts)
        word = ops.arange(self.vocabulary_size, dtype="int32")
        words = ops.broadcast_to(word, (batch, self.vocabulary_size))
        places = [question, *ops.unstack(found, found.shape[1], axis=1)]
        for table, place in zip(self.matches, places, strict=False):
            matched = table.scores(query, contexts)
            scores = scores + ops.where(occurs(words, place), matched, 0)
        scores = ops.where(words >= self.reserved, scores, -3e4)
        if spelling is not None:
            scores = ops.take_along_axis(scores, spelling, axis=1)
        return scores

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "units": self.units,
            "reserved": self.reserved,
            "match": self.match,
            "unknown_words": self.unknown_words,
            "ngrams": self.ngrams,
            "nonlinear": self.nonlinear,
        }
