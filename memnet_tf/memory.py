"""The memory: the slots that G writes and O reads."""

from typing import Any, NamedTuple

from keras import ops


class Memory(NamedTuple):
    """The slots of a memory network, as a small pytree of tensors.

    A memory is a value: layers take one and return another, and nothing is
    hidden in a layer's state. `B` is the batch, `S` the number of slots.

    Attributes:
        features: `(B, S, ...)`, what each slot holds: features, several
            embeddings `(B, S, E, d)`, or word ids `(B, S, W)`. An empty
            slot holds zeros.
        mask: bool `(B, S)`, True where a slot is filled.
        time: int32 `(B, S)`, how many inputs had been written before the
            one in this slot; 0 in an empty slot. Filled slots stand in the
            order of writing where `layers.Append` wrote them; the other
            generalizations leave slots in their place.

    Example:

    >>> memory = Memory.empty(batch_size=2, slots=3, feature_shape=(4,))
    >>> memory.features.shape
    TensorShape([2, 3, 4])
    """

    features: Any
    mask: Any
    time: Any

    @classmethod
    def empty(cls, batch_size, slots, feature_shape, dtype="float32"):
        """A memory in which no slot is filled.

        Args:
            batch_size: `B`, an int or a scalar tensor.
            slots: `S`, an int.
            feature_shape: shape of what one slot holds, without batch.
            dtype: type of the features.
        """
        return cls(
            features=ops.zeros((batch_size, slots, *feature_shape), dtype),
            mask=ops.zeros((batch_size, slots), "bool"),
            time=ops.zeros((batch_size, slots), "int32"),
        )

    def written(self):
        """Number of inputs written so far, int32 `(B,)`."""
        written = ops.where(self.mask, self.time + 1, 0)
        return ops.max(written, axis=1)

    def age(self):
        """Inputs since each slot's, int32 `(B, S)`.

        The newest has age 1, an empty slot 0.
        """
        age = ops.expand_dims(self.written(), 1) - self.time
        return ops.where(self.mask, age, 0)


class UsedMemory(NamedTuple):
    """A `Memory` that also knows how much each slot was used.

    `layers.LeastUsed` makes it and forgets by it; whatever takes a `Memory`
    takes it too. It is a type of its own, so that no other memory carries,
    saves and computes a usage that nothing asks for.

    Attributes:
        features: as in `Memory`.
        mask: as in `Memory`.
        time: as in `Memory`.
        usage: `(B, S)`, 0 in an empty slot. A write sets it to 1, and each
            later write to another slot makes it less.

    Example:

    >>> memory = UsedMemory.empty(batch_size=1, slots=2, feature_shape=(4,))
    >>> memory.read(np.array([[[0.0, 1.0]]])).usage.numpy().tolist()
    [[0.0, 1.0]]
    """

    features: Any
    mask: Any
    time: Any
    usage: Any

    @classmethod
    def empty(cls, batch_size, slots, feature_shape, dtype="float32"):
        """A memory in which no slot is filled: see `Memory.empty`."""
        memory = Memory.empty(batch_size, slots, feature_shape, dtype)
        usage = ops.zeros((batch_size, slots))
        return cls(memory.features, memory.mask, memory.time, usage)

    def written(self):
        """Number of inputs written so far, int32 `(B,)`."""
        return Memory(self.features, self.mask, self.time).written()

    def age(self):
        """Inputs since each slot's, int32 `(B, S)`: see `Memory.age`."""
        return Memory(self.features, self.mask, self.time).age()

    def read(self, addresses):
        """The memory after a reading, which adds to the usage.

        Args:
            addresses: `(B, K, S)`, the weights that hops read slots with.
        """
        read = ops.cast(ops.sum(addresses, axis=1), self.usage.dtype)
        return self._replace(usage=self.usage + read)
