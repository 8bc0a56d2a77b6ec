"""Sentences of one large memory, found by an index, encoded when read."""

from keras import ops


class SharedSentences:
    """Reads sentences that all questions share: the `k` best of every hop.

    They are found, without gradient, by keys that may be some steps of
    training old. The `k` that were found are then encoded from their words
    by the embeddings as they are now, and scored again, so that gradients
    reach the embeddings and no other sentence has to be encoded.

    Args:
        memory: a `Memory` of word ids `(S, W)`, mask `(S,)`.
        keys: `(S, d)`, the keys that the index was made of.
        input_map: I, a `BagOfWords` or a layer derived from it.
        retrieval: finds the slots, a retrieval layer.
        hidden: function of the ids `(B, k, W)` of what was found that tells,
            bool `(B, k)`, what not to read; None to read all of it.
    """

    def __init__(self, memory, keys, input_map, retrieval, hidden=None):
        self.memory = memory
        self.keys = keys
        self.input_map = input_map
        self.retrieval = retrieval
        self.hidden = hidden

    @property
    def tables(self):
        """Embeddings of a sentence; None where it has one."""
        return self.input_map.tables

    def find(self, state, k, table):
        """Slots and mask `(B, k)` of the best sentences.

        The keys are those of the first table, whatever `table` is.
        """
        retrieved = self.retrieval(
            ops.stop_gradient(state), k, self.keys, self.memory.mask
        )
        mask = retrieved.mask
        if self.hidden is not None:
            ids = ops.take(self.memory.features, retrieved.slots, axis=0)
            mask = ops.logical_and(mask, ops.logical_not(self.hidden(ids)))
        return retrieved.slots, mask

    def keys_and_values(self, slots, table):
        """Keys and values `(B, k, d)` of slots `(B, k)`."""
        ids = ops.take(self.memory.features, slots, axis=0)
        if self.tables is None:
            features = self.input_map(ids)
            return features, features
        features = self.input_map.encode(ids, table, table + 2)
        return tuple(ops.unstack(features, axis=2))
