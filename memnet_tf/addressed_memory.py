"""Memories that are written and read softly, with the addresses they were."""

from typing import Any, NamedTuple

from keras import ops


class AddressedMemory(NamedTuple):
    """Slots that many inputs are written to, and how far each was used.

    What `layers.ReadWriteMemory` writes and reads in one step needs of the
    step before. `B` is the batch, `S` the number of slots, `R` the number of
    reads of a step.

    Attributes:
        features: `(B, S, d)`, what each slot holds, at first zeros.
        usage: `(B, S)`, from 0 in an empty slot to 1.
        read_addresses: `(B, R, S)`, where the last step read; each sums to
            at most 1.

    Example:

    >>> memory = AddressedMemory.empty(batch_size=2, slots=3, units=4, reads=1)
    >>> memory.read_addresses.shape
    TensorShape([2, 1, 3])
    """

    features: Any
    usage: Any
    read_addresses: Any

    @classmethod
    def empty(cls, batch_size, slots, units, reads, dtype="float32"):
        """A memory to which nothing was written.

        Args:
            batch_size: `B`, an int or a scalar tensor.
            slots: `S`, an int.
            units: `d`, an int.
            reads: `R`, an int.
            dtype: type of every part.
        """
        return cls(
            features=ops.zeros((batch_size, slots, units), dtype),
            usage=ops.zeros((batch_size, slots), dtype),
            read_addresses=ops.zeros((batch_size, reads, slots), dtype),
        )


class LinkedMemory(NamedTuple):
    """An `AddressedMemory` that also knows in which order it was written.

    It is a type of its own, so that no other memory carries `S` times `S`
    links that nothing asks for.

    Attributes:
        features: as in `AddressedMemory`.
        usage: as in `AddressedMemory`.
        read_addresses: as in `AddressedMemory`.
        precedence: `(B, S)`, how far each slot was the last one written.
        links: `(B, S, S)`; row `i` and column `j` say how far slot `i` was
            written just after slot `j`.

    Example:

    >>> memory = LinkedMemory.empty(batch_size=2, slots=3, units=4, reads=1)
    >>> memory.links.shape
    TensorShape([2, 3, 3])
    """

    features: Any
    usage: Any
    read_addresses: Any
    precedence: Any
    links: Any

    @classmethod
    def empty(cls, batch_size, slots, units, reads, dtype="float32"):
        """A memory to which nothing was written: as `AddressedMemory`'s."""
        memory = AddressedMemory.empty(batch_size, slots, units, reads, dtype)
        return cls(
            memory.features,
            memory.usage,
            memory.read_addresses,
            precedence=ops.zeros((batch_size, slots), dtype),
            links=ops.zeros((batch_size, slots, slots), dtype),
        )
