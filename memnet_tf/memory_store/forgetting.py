"""Which memory gives way to a new one where a store is full."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Forgetting:
    """What every rule has: the memory of the lowest priority goes first.

    Among equals the one written or updated longest ago goes first.
    """

    def priority(self, slots, chosen):
        """Priorities, numbers `(n,)`.

        Args:
            slots: the `Slots` of a store.
            chosen: int `(n,)`, the slots that are asked about.
        """
        raise NotImplementedError


class Refuse(Forgetting):
    """Forgets nothing: a write to a full store is an error.

    Example:

    >>> from memnet_tf.memory_store import MemoryStore, Refuse
    >>> store = MemoryStore(2, 1, forgetting=Refuse())
    >>> store.write([[1.0, 0.0], [0.0, 1.0]])
    Traceback (most recent call last):
    ...
    ValueError: Expected at most 1 memories. Received: 2 more than 0
    """


class Oldest(Forgetting):
    """Forgets what was written or updated longest ago.

    Example:

    >>> from memnet_tf.memory_store import MemoryStore, Oldest
    >>> store = MemoryStore(1, 2, forgetting=Oldest())
    >>> ids = store.write([[1.0], [2.0]])
    >>> store.write([[3.0]])
    array([2])
    >>> list(store)
    [1, 2]
    """

    def priority(self, slots, chosen):
        return slots.written[chosen]


class LeastRecentlyRead(Forgetting):
    """Forgets what was read, written or updated longest ago.

    Example:

    >>> from memnet_tf.memory_store import LeastRecentlyRead, MemoryStore
    >>> store = MemoryStore(1, 2, forgetting=LeastRecentlyRead())
    >>> ids = store.write([[1.0], [2.0]])
    >>> _ = store.read([0])
    >>> _ = store.write([[3.0]])
    >>> list(store)
    [0, 2]
    """

    def priority(self, slots, chosen):
        return slots.last_read[chosen]


class LeastOftenRead(Forgetting):
    """Forgets what was read the fewest times since it was written.

    A memory that was just written has not been read, so it goes before
    every one that has.

    Example:

    >>> from memnet_tf.memory_store import LeastOftenRead, MemoryStore
    >>> store = MemoryStore(1, 2, forgetting=LeastOftenRead())
    >>> ids = store.write([[1.0], [2.0]])
    >>> _ = store.read([0])
    >>> _ = store.write([[3.0]])
    >>> list(store)
    [0, 2]
    """

    def priority(self, slots, chosen):
        return slots.reads[chosen]


class LeastUseful(Forgetting):
    """Forgets what has the lowest usefulness.

    Usefulness is a number that is given when a memory is written or
    updated, or later by `set_usefulness`; 0 if it is never given.

    Example:

    >>> from memnet_tf.memory_store import LeastUseful, MemoryStore
    >>> store = MemoryStore(1, 2, forgetting=LeastUseful())
    >>> ids = store.write([[1.0], [2.0]], usefulness=[0.9, 0.1])
    >>> _ = store.write([[3.0]])
    >>> list(store)
    [0, 2]
    """

    def priority(self, slots, chosen):
        return slots.usefulness[chosen]


RULES = {
    rule.__name__: rule
    for rule in (
        Refuse,
        Oldest,
        LeastRecentlyRead,
        LeastOftenRead,
        LeastUseful,
    )
}
