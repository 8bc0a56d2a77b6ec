"""Sentences in memory as words, encoded only where they are read."""

from keras import ops

from memnet_tf.layers.rows import gather


class Sentences:
    """Reads a memory of word ids: the `k` best sentences of every hop.

    To read the `k` best of many memories by their encodings, all would have
    to be encoded, and all would get a gradient. Here each sentence is scored
    by the scores of its words (`BagOfWords.scores`), without gradient; the
    best `k` are encoded, and scored again with gradient. What is read, and
    every gradient, is the same; on a CPU a step of training over stories of
    2,000 sentences takes a tenth of the time.

    Args:
        memory: a `Memory` of word ids `(B, S, W)`.
        input_map: I, a `BagOfWords` or a layer derived from it.
        time_encoding: a `TimeEncoding`, or None.
        training: whether random time noise is added.
    """

    def __init__(self, memory, input_map, time_encoding=None, training=False):
        self.memory = memory
        self.input_map = input_map
        self.time_encoding = time_encoding
        self.age = None
        if time_encoding is not None:
            self.age = time_encoding.ages(memory, training=training)

    @property
    def tables(self):
        """Embeddings of a sentence; None where it has one."""
        return self.input_map.tables

    def find(self, state, k, table):
        """Slots and mask `(B, k)` of the best sentences.

        Args:
            state: the question's state `(B, d)`.
            k: how many; fewer where there are not so many slots.
            table: which embedding table makes keys.
        """
        state = ops.stop_gradient(state)
        scores = self.input_map.scores(self.memory.features, state, table)
        if self.age is not None:
            scores = scores + self.time_encoding.scores(self.age, state, table)
        highest = 3e4 if scores.dtype == "float16" else 1e30
        scores = ops.where(ops.isnan(scores), highest, scores)  # stay seen
        scores = ops.where(self.memory.mask, scores, -highest)
        k = min(k, scores.shape[-1])
        _, slots = ops.top_k(ops.stop_gradient(scores), k, sorted=False)
        return slots, gather(self.memory.mask, slots)

    def keys_and_values(self, slots, table):
        """Keys and values `(B, k, d)` of slots `(B, k)`.

        Args:
            slots: as `find` gives them.
            table: which embedding table makes keys; the next makes values.
                Where there is one table, it makes both.
        """
        one = self.tables is None
        last = table + (1 if one else 2)
        ids = gather(self.memory.features, slots)
        features = self.input_map.encode(ids, table, last)
        if self.age is not None:
            age = gather(self.age, slots)
            mask = gather(self.memory.mask, slots)
            features = features + self.time_encoding.encode(
                age, mask, table, last
            )
        return (
            (features[:, :, 0],) * 2 if one else ops.unstack(features, axis=2)
        )
