"""R of MemNN: rank the words as the answer."""

import keras
from keras import ops

from memnet_tf.models.memnn.dictionary import WordTable, occurs


@keras.saving.register_keras_serializable("memnet_tf")
class WordRanking(keras.Layer):
    """`r = argmax_w s_R([x, m_o1, m_o2], w)` (Weston et al. 2014, eq. 4).

    `s_R` is like `s_O` with a matrix `U_R` of its own.

    Args:
        vocabulary_size: `V`, number of word ids.
        units: `n`, the size of an embedding.
        reserved: ids before this one are never the answer.
        match: number of supporting memories for each of which, and for the
            question, a word that occurs there has an embedding of its own
            (the matching features of section 3.6); 0 for none.
        unknown_words: see `WordTable`.

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
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.reserved = reserved
        self.match = match
        self.unknown_words = unknown_words

        def table(name):
            return WordTable(
                vocabulary_size,
                units,
                unknown_words,
                name=name,
                dtype=self.dtype_policy,
            )

        self.question = table("question")
        self.read = table("read")
        self.answer = table("answer")
        places = range(match + 1) if match else ()
        self.matches = [table(f"match_{place}") for place in places]

    def call(self, question, found, contexts=None, spelling=None):
        batch, k, length = ops.shape(found)
        query = self.question.embed(question, contexts)
        query = query + self.read.embed(
            ops.reshape(found, (batch, k * length)), contexts
        )
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
        }
