"""A bounded memory that is written, updated, forgotten and searched."""

import json
import threading
from typing import Any, NamedTuple

import numpy as np

from memnet_tf.memory_store import checks, saving, scann
from memnet_tf.memory_store.forgetting import RULES, Oldest, Refuse
from memnet_tf.memory_store.index import Index
from memnet_tf.memory_store.slots import Slots
from memnet_tf.memory_store.victims import Victims

METRICS = ("inner_product", "l2")
INDICES = ("auto", "exact", "scann")
_ROWS = 1024  # written at once: a search waits for no more
_QUERIES = 64  # searched at once
_SPARE = 32  # more than asked for: some may be forgotten meanwhile
_OLDEST = Oldest()


class Read(NamedTuple):
    """What `MemoryStore.read` returns.

    Attributes:
        vectors: float32 `(n, d)`.
        records: list of `n` records, None where none was given.
    """

    vectors: Any
    records: list


class Found(NamedTuple):
    """What `MemoryStore.search` returns, best first.

    Attributes:
        ids: int64 `(B, k)`, -1 where the mask is False.
        scores: float32 `(B, k)`: inner products, or minus the squared
            distances; the lowest number where the mask is False.
        mask: bool `(B, k)`, False where there were fewer than `k` memories.
    """

    ids: Any
    scores: Any
    mask: Any


class MemoryStore:
    """A long-lived memory: vectors with records, found by similarity.

    A store holds at most `capacity` memories; a write to a full one forgets
    others, by a rule. An id always returns its own memory. What was written
    or updated is found by the next search, what was deleted or forgotten is
    not. Numbers that are not finite, wrong sizes and ids given twice are
    refused, and nothing has changed then. Any number of threads may use a
    store at once.

    Up to 20,000 memories are compared one by one, and so are all where
    ScaNN is not installed. More are searched by ScaNN, which finds nearly
    all of the nearest. Memories newer than the index are compared one by
    one until a thread has made an index of them, so that a search finds
    what was just written for sure, and parts of an index never change, so
    that searches need no lock but for moments. ScaNN's own `upsert` was
    measured too: in batches it takes 14 to 27 microseconds a row, where a
    write takes one to ten; it missed one in 400 rows just written, and
    ScaNN does not promise that it may run beside a search.

    Where a program ends while a thread makes an index, it waits for it: a
    minute for a million memories. Where threads keep Python busy, a search
    waits for its turn, up to 5 ms unless `sys.setswitchinterval` says less.

    Args:
        dimension: `d`, features of a vector.
        capacity: memories held at most.
        forgetting: `Refuse()`, `Oldest()`, `LeastRecentlyRead()`,
            `LeastOftenRead()` or `LeastUseful()`.
        metric: `"inner_product"` or `"l2"`.
        index: `"auto"`, ScaNN where it is installed; `"exact"`, never;
            `"scann"`, an error where it is not installed.

    Raises:
        ImportError: `index="scann"` without ScaNN.
        ValueError: an argument is none of these.

    Example:

    >>> store = MemoryStore(dimension=2, capacity=1000)
    >>> store.write([[1.0, 0.0], [0.0, 1.0]], records=["east", "north"])
    array([0, 1])
    >>> found = store.search([[0.1, 0.9]], k=1)
    >>> store.read(found.ids[0]).records
    ['north']
    """

    def __init__(
        self,
        dimension,
        capacity,
        forgetting=_OLDEST,
        metric="inner_product",
        index="auto",
    ):
        self.dimension = checks.count(dimension, "dimension")
        self.capacity = checks.count(capacity, "capacity")
        if type(forgetting) not in RULES.values():
            raise ValueError(
                f"Expected `forgetting` to be one of {list(RULES)}, such as "
                f"Oldest(). Received: {forgetting!r}"
            )
        if metric not in METRICS:
            raise ValueError(
                f"Expected `metric` to be one of {METRICS}. "
                f"Received: {metric!r}"
            )
        if index not in INDICES:
            raise ValueError(
                f"Expected `index` to be one of {INDICES}. Received: {index!r}"
            )
        if index == "scann":
            scann.library()
        self.forgetting = forgetting
        self.metric = metric
        self.index = index
        self._begin(vectors=None)

    def _begin(self, vectors):
        """An empty store, in which `vectors` will be the slots' if given."""
        self._writing = threading.RLock()  # held by one writer at a time
        self._lock = threading.RLock()  # held for moments
        self._slots = Slots(self.dimension, self.capacity, self._lock, vectors)
        self._index = Index(
            self._slots, self.metric, self._lock, self.index == "exact"
        )
        self._victims = Victims(self.forgetting, self._slots)
        self._slot_of = {}  # of an id
        self._free = []  # slots emptied again
        self._next_id = 0

    def __len__(self):
        with self._lock:
            return len(self._slot_of)

    def __iter__(self):
        """Ids, in the order in which they were written."""
        with self._lock:
            return iter(list(self._slot_of))

    def __contains__(self, id):
        with self._lock:
            return id in self._slot_of

    def write(self, vectors, records=None, ids=None, usefulness=None):
        """Adds memories.

        Args:
            vectors: `(n, d)`.
            records: `n` texts or other values that JSON can hold.
            ids: `n` ids that the store does not hold; by default the next
                numbers.
            usefulness: a number, or one a memory.

        Returns:
            The ids, int64 `(n,)`.

        Raises:
            ValueError: an argument is not as described, or the store is
                full and its rule is `Refuse`. Nothing has changed then.
        """
        vectors = checks.vectors(vectors, self.dimension)
        count = len(vectors)
        records, usefulness = _checked(records, usefulness, count)
        if ids is not None:
            ids = checks.ids(ids, checks.NEW_IDS)
            if len(ids) != count:
                raise ValueError(
                    f"Expected as many `ids` as vectors, {count}. "
                    f"Received: {len(ids)}"
                )
        with self._writing:
            if ids is None:
                ids = self._next_id + np.arange(count)
            else:
                self._expect_new(ids)
            slots = self._room(count)
            self._next_id = max(self._next_id, int(ids.max(initial=-1)) + 1)
            for part in _parts(count):
                with self._lock:
                    self._put(slots[part], ids[part], vectors[part])
                    self._note(slots[part], records, usefulness, part)
                    self._index.add(slots[part])
                    self._victims.changed(slots[part])
            self._index.maintain(len(self))
        return ids

    def update(self, ids, vectors, records=None, usefulness=None):
        """Gives memories other vectors, and other records where given.

        Args:
            ids: `n` ids that the store holds.
            vectors: `(n, d)`.
            records: as in `write`; by default those there are stay.
            usefulness: as in `write`; by default that there is stays.

        Raises:
            KeyError: the store does not hold an id.
            ValueError: an argument is not as described. Nothing has
                changed then.
        """
        ids = checks.ids(ids)
        vectors = checks.vectors(vectors, self.dimension)
        if len(vectors) != len(ids):
            raise ValueError(
                f"Expected as many `vectors` as ids, {len(ids)}. "
                f"Received: {len(vectors)}"
            )
        records, usefulness = _checked(records, usefulness, len(ids))
        with self._writing:
            slots = self._find(ids)
            for part in _parts(len(ids)):
                with self._lock:
                    self._slots.put(slots[part], vectors[part])
                    self._note(slots[part], records, usefulness, part)
                    self._index.add(slots[part])
                    self._victims.changed(slots[part])
            self._index.maintain(len(self))

    def write_nearest(self, vectors, gate):
        """Moves the nearest memory towards each vector, one by one.

        A vector is added where the store has room; otherwise the memory at
        the least distance becomes `m <- (1 - g) m + g x`, under its id. The
        nearest is found as `search` finds it where the metric is `"l2"`,
        otherwise by comparing all.

        Args:
            vectors: `(n, d)` or `(d,)`.
            gate: `g`, a number from 0 to 1, or a function of vectors `x`
                and memories `m`, both `(1, d)`, that returns one.

        Returns:
            The ids that were written, int64 `(n,)`.

        Raises:
            ValueError: an argument is not as described. Where a function
                returned the number, vectors before this one are written.

        Example:

        >>> store = MemoryStore(dimension=1, capacity=2)
        >>> store.write_nearest([[0.0], [8.0], [10.0]], gate=0.5)
        array([0, 1, 1])
        >>> store.read([1]).vectors
        array([[9.]], dtype=float32)
        """
        vectors = checks.vectors(np.atleast_2d(vectors), self.dimension)
        if not callable(gate):
            _check_gate(gate)
        written = np.empty(len(vectors), "int64")
        with self._writing:
            for row in range(len(vectors)):
                vector = vectors[row : row + 1]
                if len(self) < self.capacity:
                    written[row : row + 1] = self.write(vector)
                    continue
                slots, ids, _, _ = self._nearest(vector, 1, "l2")
                memory = self._slots.vectors[slots[0]]
                g = _check_gate(
                    gate(vector, memory) if callable(gate) else gate
                )
                self.update(ids[0], (1 - g) * memory + g * vector)
                written[row] = ids[0, 0]
        return written

    def delete(self, ids):
        """Forgets memories.

        Raises:
            KeyError: the store does not hold an id; nothing has changed.
        """
        ids = checks.ids(ids)
        with self._writing:
            slots = self._find(ids)
            for part in _parts(len(ids)):
                with self._lock:
                    self._remove(slots[part])
                    self._free.extend(slots[part].tolist())
                    self._index.changes += len(slots[part])
            self._index.maintain(len(self))

    def set_usefulness(self, ids, usefulness):
        """Says how useful memories are, for the rule `LeastUseful`.

        Args:
            ids: `n` ids that the store holds.
            usefulness: a number, or one a memory.
        """
        ids = checks.ids(ids)
        usefulness = checks.usefulness(usefulness, len(ids))
        with self._writing:
            slots = self._find(ids)
            self._slots.usefulness[slots] = usefulness
            self._victims.changed(slots)

    def read(self, ids):
        """The vectors and records of memories, a `Read`.

        Counts as a read of them.

        Raises:
            KeyError: the store does not hold an id.
        """
        ids = checks.ids(ids)
        with self._lock:
            slots = self._find(ids)
            self._slots.mark_read(slots)
            vectors = self._slots.vectors[slots]
            records = [self._slots.records[slot] for slot in slots.tolist()]
        return Read(vectors, [json.loads(record) for record in records])

    def search(self, queries, k, exact=False):
        """The `k` most similar memories, a `Found`.

        Counts as a read of what is returned.

        Args:
            queries: `(B, d)`.
            k: a positive integer.
            exact: whether to compare every memory, so as to know what an
                index misses.
        """
        queries = checks.vectors(queries, self.dimension, "queries")
        k = checks.count(k, "k")
        ids = np.full((len(queries), k), -1)
        scores = np.full(ids.shape, np.finfo("float32").min)
        mask = np.zeros(ids.shape, bool)
        for first in range(0, len(queries), _QUERIES):
            part = slice(first, first + _QUERIES)
            _, ids[part], scores[part], mask[part] = self._nearest(
                queries[part], k, self.metric, exact, reading=True
            )
        return Found(ids, scores, mask)

    def rebuild(self):
        """Makes the index anew from all memories, and waits until it is."""
        self._index.rebuild()

    def save(self, folder):
        """Writes the store to a folder, whole or not at all.

        What the folder held stays until then. Searches go on meanwhile,
        writes wait.
        """
        with self._writing:
            with self._lock:
                state = self._slots.state()
                state["order"] = np.fromiter(self._slot_of.values(), "int64")
                records = self._slots.records[: self._slots.used]
                parts = self._index.parts
                facts = {
                    "dimension": self.dimension,
                    "capacity": self.capacity,
                    "forgetting": type(self.forgetting).__name__,
                    "metric": self.metric,
                    "index": self.index,
                    "used": self._slots.used,
                    "clock": self._slots.clock,
                    "next_id": self._next_id,
                    "changes": self._index.changes,
                }
            saving.save(
                folder, facts, self._slots.vectors, state, records, parts
            )

    @classmethod
    def load(cls, folder, memory_map=True):
        """The store that was saved to a folder.

        Args:
            folder: the folder.
            memory_map: whether vectors stay in their file until they are
                needed. What is written to the store is not written to the
                file.

        Raises:
            FileNotFoundError: no store was saved there.
            ValueError: a file is damaged; the message names it.
        """
        saved = saving.load(folder, memory_map)
        facts = saved.facts
        store = cls(
            facts["dimension"],
            facts["capacity"],
            RULES[facts["forgetting"]](),
            facts["metric"],
            facts["index"],
        )
        store._begin(saved.vectors)
        store._next_id = facts["next_id"]
        store._slots.restore(
            facts["used"], facts["clock"], saved.state, saved.records
        )
        slots = saved.state["order"]
        ids = store._slots.ids[slots]
        store._slot_of = dict(zip(ids.tolist(), slots.tolist(), strict=True))
        empty = store._slots.written[: facts["used"]] == 0
        store._free = np.flatnonzero(empty).tolist()
        store._index.restore(saved.parts(facts["index"]), facts["changes"])
        if not store._index.parts:
            store._index.maintain(len(store))
        return store

    def _expect_new(self, ids):
        known = [id for id in ids.tolist() if id in self._slot_of]
        if known:
            raise ValueError(
                "Expected `ids` that the store does not hold. "
                f"Received: {known[:10]}"
            )

    def _find(self, ids):
        """The slots of ids."""
        try:
            slots = list(map(self._slot_of.__getitem__, ids.tolist()))
        except KeyError:
            unknown = [id for id in ids.tolist() if id not in self._slot_of]
            raise KeyError(
                f"Expected `ids` that the store holds. Received: {unknown[:10]}"
            ) from None
        return np.array(slots, "int64")

    def _room(self, count):
        """Slots for `count` new memories: empty ones, then victims."""
        missing = count - (self.capacity - len(self))
        refuses = isinstance(self.forgetting, Refuse)
        if count > self.capacity or (missing > 0 and refuses):
            raise ValueError(
                f"Expected at most {self.capacity} memories. "
                f"Received: {count} more than {len(self)}"
            )
        victims = np.empty(0, "int64")
        if missing > 0:
            victims = self._victims.choose(missing)
        empty = count - len(victims)
        again = self._free[len(self._free) - min(empty, len(self._free)) :]
        del self._free[len(self._free) - len(again) :]
        first = self._slots.used
        never = np.arange(first, first + empty - len(again))
        return np.concatenate([np.array(again, "int64"), never, victims])

    def _put(self, slots, ids, vectors):
        """Writes new memories to slots, under the lock."""
        self._remove(slots[self._slots.written[slots] > 0])
        self._slots.put(slots, vectors)
        self._slots.ids[slots] = ids
        self._slots.reads[slots] = 0
        self._slots.usefulness[slots] = 0
        self._slot_of.update(zip(ids.tolist(), slots.tolist(), strict=True))

    def _note(self, slots, records, usefulness, part):
        """Keeps what was given of records and usefulness."""
        if records is not None:
            for slot, record in zip(slots.tolist(), records[part], strict=True):
                self._slots.records[slot] = record
        if usefulness is not None:
            self._slots.usefulness[slots] = usefulness[part]

    def _remove(self, slots):
        """Empties slots, under the lock."""
        if len(slots):
            for id in self._slots.ids[slots].tolist():
                del self._slot_of[id]
            self._slots.clear(slots)

    def _nearest(self, queries, k, metric, exact=False, reading=False):
        """Slots, ids, scores and mask `(B, k)` of the nearest memories."""
        candidates = None
        if metric == self.metric and not exact:
            candidates = self._index.candidates(queries, k)
        for _ in range(2):
            if candidates is None:
                candidates = self._slots.scan(queries, k + _SPARE, metric)
            found = self._rank(queries, candidates, k, metric, reading)
            if found is not None:
                return found
            candidates = None  # too many were forgotten meanwhile
        with self._lock:
            candidates = self._slots.scan(queries, k + _SPARE, metric)
            return self._rank(queries, candidates, k, metric, reading)

    def _rank(self, queries, candidates, k, metric, reading):
        """The best of the candidates as they are now; None if too few."""
        with self._lock:
            slots, scores, mask = self._slots.rank(
                queries, candidates, k, metric
            )
            if not mask[:, : len(self)].all():
                return None
            if reading:
                self._slots.mark_read(slots[mask])
            return (
                slots,
                np.where(mask, self._slots.ids[slots], -1),
                scores,
                mask,
            )


def _checked(records, usefulness, count):
    """Records as JSON texts and usefulness; None where not given."""
    if records is not None:
        records = checks.records(records, count)
    if usefulness is not None:
        usefulness = checks.usefulness(usefulness, count)
    return records, usefulness


def _parts(count):
    """Slices of a long write."""
    for first in range(0, count, _ROWS):
        yield slice(first, first + _ROWS)


def _check_gate(gate):
    gate = np.asarray(gate)
    if gate.dtype.kind not in "fiu" or gate.size != 1 or not 0 <= gate <= 1:
        raise ValueError(
            "Expected `gate` to be a number from 0 to 1. Received: "
            f"{gate.tolist()}"
        )
    return gate.reshape(()).astype("float32")
