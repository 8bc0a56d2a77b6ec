"""Slots of one large memory, found by a retrieval layer."""

from keras import ops


class SharedSlots:
    """Reads a memory that all questions share: the `k` best of every hop.

    Args:
        memory: a `Memory` without batch: features `(S, d)`, or `(S, 2, d)`,
            a key and a value; mask `(S,)`.
        retrieval: finds the slots, a retrieval layer.
    """

    def __init__(self, memory, retrieval):
        self.memory = memory
        self.retrieval = retrieval

    @property
    def tables(self):
        """Embeddings in a slot; None where it holds one vector."""
        shape = self.memory.features.shape
        return shape[1] if len(shape) == 3 else None

    def keys(self, table=0):
        """The keys `(S, d)` of all slots."""
        features = self.memory.features
        return features if self.tables is None else features[:, table]

    def find(self, state, k, table):
        """Slots and mask `(B, k)` of the best slots."""
        keys = self.keys(table)
        retrieved = self.retrieval(state, k, keys, self.memory.mask)
        return retrieved.slots, retrieved.mask

    def keys_and_values(self, slots, table):
        """Keys and values `(B, k, d)` of slots `(B, k)`."""
        rows = ops.take(self.memory.features, slots, axis=0)
        if self.tables is None:
            return rows, rows
        return rows[:, :, table], rows[:, :, table + 1]
