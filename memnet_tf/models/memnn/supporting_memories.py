"""O of MemNN: find the supporting memories, one after the other."""

import keras
from keras import ops

from memnet_tf.layers.output_map.addressing import sweep
from memnet_tf.models.memnn.dictionary import WordTable, by_word, occurs


@keras.saving.register_keras_serializable("memnet_tf")
class SupportingMemories(keras.Layer):
    """Finds `k` supporting memories by hard max (Weston et al. 2014, eq. 2-3).

    `o_1 = argmax_i s_O(x, m_i)` and `o_2 = argmax_i s_O([x, m_o1], m_i)`
    with `s_O(x, y) = Phi_x(x)^T U_O^T U_O Phi_y(y)` (eq. 5). With write
    time (section 3.4), memories are compared in pairs,
    `s_Ot(x, y, y') = Phi_x(x)^T U^T U (Phi_y(y) - Phi_y(y') + Phi_t)`, where
    `Phi_t` has a feature each for "x is older than y", "x is older than y'"
    and "y is older than y'"; the best is what survives a sweep over pairs.
    `x` is as old as the memory that was read before it: the question, read
    first, is the newest of all.

    The sweep starts with the newest memory, because an older challenger is
    what the third feature can tell of.

    Args:
        vocabulary_size: `V`, number of word ids.
        units: `n`, the size of an embedding.
        k: supporting memories to find.
        time: whether to use write time.
        match: whether a memory's words that are also in the question, or in
            a memory read before, have an embedding of their own (the
            matching features of section 3.6).
        unknown_words: see `WordTable`.

    Call arguments:
        story: int ids `(B, S, W)`, the words in each slot.
        question: int ids `(B, W)`.
        mask: bool `(B, S)`, filled slots.
        contexts: of unknown words, see `Reading`.
        support: int `(B, k)`, the slots to read in training.

    Output:
        `(found (B, k, W), addresses (B, k, S), preferences
        (B, k, S, S))`: the words of the memories found; a one in the slot
        of each; and `s_Ot` of slot `i` against slot `j`, -3e4 in the rows
        of empty slots.
    """

    def __init__(
        self,
        vocabulary_size,
        units,
        k=2,
        time=True,
        match=False,
        unknown_words=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if k < 1:
            raise ValueError(f"Expected `k` to be at least 1. Received: {k}")
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.k = k
        self.time = time
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
        self.memory = table("memory")
        self.read = table("read") if k > 1 else None
        self.question_match = table("question_match") if match else None
        self.read_match = table("read_match") if match and k > 1 else None

    @property
    def hops(self):
        """`K`: every supporting memory is a hop."""
        return self.k

    def build(self, story_shape, **shapes):
        self.age = None
        if self.time:
            self.age = self.add_weight(
                name="age",
                shape=(3, self.units),
                initializer=keras.initializers.RandomNormal(stddev=0.1),
            )

    def call(
        self,
        story,
        question,
        mask,
        contexts=None,
        support=None,
        training=False,
    ):
        slots = story.shape[1]
        query = self.question.embed(question, contexts)
        found, addresses, preferences = [], [], []
        slot = None
        for hop in range(self.k):
            if hop:
                read = self.read.embed(found[-1], contexts)
                query = query + read
            score = self.score(query, story, question, contexts, found)
            preference = self.compare(query, score, slot)
            preference = ops.where(ops.expand_dims(mask, -1), preference, -3e4)
            slot = sweep(preference, mask)
            if training and support is not None:
                slot = ops.maximum(ops.cast(support[:, hop], "int32"), 0)
            address = ops.one_hot(slot, slots, dtype=score.dtype)
            address = address * ops.cast(mask, score.dtype)
            words = ops.einsum("bs,bsw->bw", ops.cast(address, "int32"), story)
            found.append(words)
            addresses.append(address)
            preferences.append(preference)
        return (
            ops.stack(found, axis=1),
            ops.stack(addresses, axis=1),
            ops.stack(preferences, axis=1),
        )

    def score(self, query, story, question, contexts, found):
        """`s_O` of every slot without time, `(B, S)`."""
        batch, slots, length = ops.shape(story)
        words = ops.reshape(story, (batch, slots * length))
        score = by_word(self.memory.scores(query, contexts), words)
        if self.match:
            matched = by_word(
                self.question_match.scores(query, contexts), words
            )
            score = score + ops.where(occurs(words, question), matched, 0)
            if found:
                matched = by_word(
                    self.read_match.scores(query, contexts), words
                )
                same = occurs(words, found[-1])
                score = score + ops.where(same, matched, 0)
        return ops.sum(ops.reshape(score, (batch, slots, length)), axis=-1)

    def compare(self, query, score, slot):
        """`s_Ot` of every slot against every other, `(B, S, S)`."""
        difference = ops.expand_dims(score, 2) - ops.expand_dims(score, 1)
        if self.age is None:
            return difference
        number = ops.arange(score.shape[1], dtype="int32")
        after_y, after_other, older = ops.split(
            ops.matmul(query, ops.transpose(self.age)), 3, axis=1
        )
        difference = difference + ops.expand_dims(older, 2) * ops.cast(
            ops.expand_dims(number, 1) < number, score.dtype
        )
        if slot is None:
            return difference
        later = ops.cast(ops.expand_dims(slot, 1) < number, score.dtype)
        return (
            difference
            + ops.expand_dims(after_y * later, 2)
            + ops.expand_dims(after_other * later, 1)
        )

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "units": self.units,
            "k": self.k,
            "time": self.time,
            "match": self.match,
            "unknown_words": self.unknown_words,
        }
