"""The index of a large store: parts searched by ScaNN, and what is newer."""

import os
import sys
import threading

import numpy as np

from memnet_tf.memory_store import scann
from memnet_tf.memory_store.slots import best, similarity, squares

INDEX_FROM = 20_000  # memories; fewer are compared one by one as fast
SEAL_FROM = 8_192  # newer memories
MERGE_FROM = 4  # parts of about a length, which become one
TREE_FROM = 32_768  # memories of a merged part that are put into leaves
STALL_FROM = 3  # times as many: then a write waits for its thread
REBUILD_FROM = 0.5  # of the memories changed since the last rebuild
SHORTLIST = 100  # slots found by their codes and compared again
_NEWER = 4096  # newer memories in a block
_SPARE = 32  # more than asked for: some may have been forgotten meanwhile
_MEASURES = {"inner_product": "dot_product", "l2": "squared_l2"}
_LONG = 4  # times the median length
_FAR = 1e6  # a query need not be farther, in lengths of the longest memory


class Part:
    """Some slots as they were when ScaNN was set up for them.

    ScaNN keeps a code of half a byte for two features, not the vectors:
    what it finds is compared again with the vectors of the slots.

    Args:
        searcher: a searcher of `scann.scann_ops_pybind`.
        slots: int64 `(N,)`, the slot of each row.
        clock: a slot that was written later is stale here.
        scale: the length by which vectors were divided.
        centre: `(d,)`, what was taken from vectors before that.
    """

    def __init__(self, searcher, slots, clock, scale, centre):
        self.searcher = searcher
        self.slots = slots
        self.clock = clock
        self.scale = scale
        self.centre = centre

    def search(self, queries, lengths, count, metric, written):
        """Finds up to `count` rows for each query.

        Args:
            queries: `(B, d)`.
            lengths: `(B, 1)`, of the queries, 1 for a length of 0.
            count: how many rows.
            metric: `"inner_product"` or `"l2"`.
            written: int64 `(S,)`, when slots were written.

        Returns:
            Slots `(B, n)`; rough scores, -inf where a slot is stale; and
            whether the slots are fresh, bool.
        """
        count = min(count, len(self.slots))
        queries = self._scaled(queries, lengths, metric)
        if len(queries) == 1:
            rows, scores = self.searcher.search(queries[0], count)
            rows, scores = rows[None], scores[None]
        else:
            rows, scores = self.searcher.search_batched(queries, count)
        slots = self.slots[rows]
        times = written[slots]
        # ScaNN fills up with row 0 and NaN where it found too few.
        fresh = (times > 0) & (times <= self.clock) & ~np.isnan(scores)
        if metric == "l2":
            scores = -scores * self.scale**2
        else:
            scores = scores * (self.scale * lengths)
        return slots, np.where(fresh, scores, -np.inf), fresh

    def _scaled(self, queries, lengths, metric):
        """Queries in the scale of the codes."""
        if metric != "l2":
            return queries / lengths
        queries = queries - self.centre
        far = np.linalg.norm(queries, axis=1, keepdims=True) / _FAR
        return queries / np.maximum(self.scale, far)

    def alive(self, written):
        """The slots that are not stale, int64 `(n,)`."""
        times = written[self.slots]
        return self.slots[(times > 0) & (times <= self.clock)]

    def is_thin(self, written):
        """Whether this is a small part that is mostly stale."""
        return len(self.slots) <= 4 * SEAL_FROM and (
            2 * len(self.alive(written)) < len(self.slots)
        )


class _Newer:
    """A block of memories newer than every part, filled from the front."""

    def __init__(self, dimension):
        self.vectors = np.empty((_NEWER, dimension), "float32")
        self.squares = np.empty(_NEWER, "float32")
        self.slots = np.empty(_NEWER, "int64")
        self.written = np.empty(_NEWER, "int64")
        self.count = 0

    def taken(self):
        return self.slots[: self.count]


class Index:
    """Finds slots worth comparing; knows what was written a moment ago.

    A search looks into parts, which never change, and compares every newer
    memory. When there are many newer ones, a thread makes them another
    part, and parts of a length become one where there are many; when many
    memories have changed since the last rebuild, another
    thread makes one part of all. Meanwhile searches and writes go on: what
    is written then is newer, and stays so until a part holds it.

    Args:
        slots: the `Slots` of a store.
        metric: `"inner_product"` or `"l2"`.
        lock: the store's lock.
        exact: whether to make no part at all.
    """

    def __init__(self, slots, metric, lock, exact):
        self.exact = exact
        self.parts: tuple[Part, ...] = ()
        self.newer: tuple[_Newer, ...] = ()
        self.changes = 0  # memories changed since the last rebuild
        self._slots = slots
        self._metric = metric
        self._lock = lock
        self._recording = False
        self._rebuilding = threading.Lock()
        self._sealing = threading.Lock()

    def add(self, chosen):
        """To be told of slots written, under the lock."""
        self.changes += len(chosen)
        if self._recording:
            self._record(chosen)

    def _record(self, chosen):
        slots = self._slots
        while len(chosen):
            if not self.newer or self.newer[-1].count == _NEWER:
                self.newer = (*self.newer, _Newer(slots.vectors.shape[1]))
            block = self.newer[-1]
            first = block.count
            now, chosen = chosen[: _NEWER - first], chosen[_NEWER - first :]
            place = slice(first, first + len(now))
            block.vectors[place] = slots.vectors[now]
            block.squares[place] = slots.squares[now]
            block.slots[place] = now
            block.written[place] = slots.written[now]
            block.count += len(now)  # last: searches read up to here

    def candidates(self, queries, k):
        """Slots `(B, n)`, some -1 or given twice; None to compare all."""
        with self._lock:
            parts, newer = self.parts, self.newer
        rows = sum(block.count for block in newer)
        if not parts or 2 * rows > self._slots.used:
            return None
        written = self._slots.written
        lengths = np.linalg.norm(queries, axis=1, keepdims=True)
        lengths[lengths == 0] = 1
        shortlist = max(SHORTLIST, 3 * k)
        found, rough, sure = [], [], []
        for part in parts:
            for count in (shortlist, 8 * shortlist):
                slots, scores, fresh = part.search(
                    queries, lengths, count, self._metric, written
                )
                if slots.shape[1] == len(part.slots) or (
                    fresh.sum(axis=1).min() >= k
                ):
                    found.append(slots)
                    rough.append(scores)
                    break
            else:
                alive = part.alive(written)
                if len(alive) > 8 * shortlist:
                    return None
                sure.append(np.broadcast_to(alive, (len(queries), len(alive))))
        if found:
            slots = np.concatenate(found, axis=1)
            kept = best(np.concatenate(rough, axis=1), 2 * shortlist)
            sure.append(np.take_along_axis(slots, kept, axis=1))
        if newer:
            sure.append(self._best_newer(queries, k, newer))
        return np.concatenate(sure, axis=1)

    def _best_newer(self, queries, k, newer):
        scores, slots = [], []
        for block in newer:
            filled = slice(0, block.count)
            score = similarity(
                queries,
                block.vectors[filled],
                block.squares[filled],
                self._metric,
            )
            current = (
                self._slots.written[block.slots[filled]]
                == block.written[filled]
            )
            score[:, ~current] = -np.inf
            scores.append(score)
            slots.append(block.slots[filled])
        found = best(np.concatenate(scores, axis=1), k + _SPARE)
        return np.concatenate(slots)[found]

    def restore(self, parts, changes):
        """Takes back the parts that were saved, before any search."""
        if parts:
            self.parts = tuple(parts)
            self.changes = changes
            self._recording = True
            older = np.zeros(len(self._slots.written), bool)
            for part in parts:
                times = self._slots.written[part.slots]
                older[part.slots[times <= part.clock]] = True
            newer = (self._slots.written > 0) & ~older
            self._record(np.flatnonzero(newer))

    def maintain(self, count):
        """Sets a thread to work where there is some, after a write.

        Where writes are faster than the thread, this one waits for it, so
        that searches need not compare ever more newer memories.

        Args:
            count: memories in the store.
        """
        if self.exact:
            return
        if count >= INDEX_FROM and (
            not self.parts or self.changes > REBUILD_FROM * count
        ):
            self._in_background(self._rebuilding, self._rebuild)
        if (len(self.newer) - 1) * _NEWER >= SEAL_FROM and self.parts:
            self._in_background(self._sealing, self._seal)
            if len(self.newer) * _NEWER > STALL_FROM * SEAL_FROM:
                with self._sealing:
                    pass  # until the thread is done

    def rebuild(self):
        """Makes one part of all memories; waits until it is done."""
        with self._rebuilding:
            if self.changes or not self.parts:
                self._rebuild()

    def _in_background(self, busy, work):
        if busy.acquire(blocking=False):
            try:
                threading.Thread(
                    target=self._work, args=(busy, work), name=work.__name__
                ).start()
            except BaseException:
                busy.release()
                raise

    def _work(self, busy, work):
        try:
            if sys.platform == "linux":
                os.nice(10)  # of this thread and those it starts
            work()
        finally:
            busy.release()

    def _rebuild(self):
        if self.exact:
            return
        count = int(np.count_nonzero(self._slots.written))
        index = count >= INDEX_FROM and self._has_library()
        with self._lock:
            chosen = np.flatnonzero(self._slots.written)
            replaced, self.changes = self.parts, 0
            self._recording = index
            covered = self._close_newer()
            clock = self._slots.clock
        new = self._parts(chosen, clock, quick=False) if index else []
        with self._lock:
            later = [part for part in self.parts if part not in replaced]
            self._replace([*new, *later], covered)

    def _has_library(self):
        try:
            scann.library()
        except ImportError:
            self.exact = True
        return not self.exact

    def _seal(self):
        with self._lock:
            covered = self._close_newer()
            clock = self._slots.clock
            written = self._slots.written
            thin = [part for part in self.parts if part.is_thin(written)]
            chosen = np.unique(
                np.concatenate(
                    [block.taken() for block in covered]
                    + [part.alive(written) for part in thin]
                )
            )
            chosen = chosen[written[chosen] > 0]
        new = self._parts(chosen, clock, quick=True)
        with self._lock:
            kept = [part for part in self.parts if part not in thin]
            self._replace([*kept, *new], covered)
        if self._to_merge():
            self._in_background(self._rebuilding, self._merge)

    def _merge(self):
        """Makes one part of those that are too many."""
        with self._lock:
            merged = self._to_merge()
            clock = self._slots.clock
            written = self._slots.written
            chosen = np.unique(
                np.concatenate([part.alive(written) for part in merged])
            )
        new = self._parts(chosen, clock, quick=True)
        with self._lock:
            kept = [part for part in self.parts if part not in merged]
            self._replace([*kept, *new], ())

    def _to_merge(self):
        """Parts to make one of, where there are many of a length.

        Those no longer than new ones, then those no longer than these make
        together: a memory is put into another part a few times at most, and
        there are never more than a few parts of any length.
        """
        merged: list[Part] = []
        length = 2 * SEAL_FROM
        while True:
            short = [
                part
                for part in self.parts
                if part not in merged and len(part.slots) <= length
            ]
            if len(short) < MERGE_FROM:
                return merged
            merged += short
            length = sum(len(part.slots) for part in merged)

    def _close_newer(self):
        """The blocks so far; what is written from now on is in another."""
        closed = self.newer
        if self._recording:
            self.newer = (*closed, _Newer(self._slots.vectors.shape[1]))
        return closed

    def _replace(self, parts, covered):
        self.parts = tuple(parts)
        self.newer = tuple(
            block for block in self.newer if block not in covered
        )

    def _parts(self, chosen, clock, quick):
        """Parts of slots as they are now.

        A slot that is written meanwhile may be read in halves: it is later
        than the clock, so what is found there will not be looked at.
        """
        if not len(chosen):
            return []
        rows = self._slots.vectors[chosen]
        centre = np.zeros(rows.shape[1], "float32")
        if self._metric == "l2":
            centre = np.median(rows[:: -(-len(rows) // 1000)], axis=0)
            rows -= centre
        lengths = np.sqrt(squares(rows))
        # Codes are as fine as the longest row allows, so long ones are apart.
        longest = _LONG * float(np.median(lengths))
        short = lengths <= longest
        if not short.all():
            return [
                self._part(rows[short], chosen[short], clock, quick, centre),
                *self._parts(chosen[~short], clock, quick),
            ]
        return [self._part(rows, chosen, clock, quick, centre)]

    def _part(self, rows, chosen, clock, quick, centre):
        scale = float(np.sqrt(squares(rows).max())) or 1.0
        rows /= scale  # so that no product overflows or vanishes
        builder = scann.library().scann_ops_pybind.builder(
            rows, SHORTLIST, _MEASURES[self._metric]
        )
        # Searches and writes go on meanwhile, and want processors too.
        builder.set_n_training_threads(max(1, (os.cpu_count() or 1) // 2))
        if quick:
            if len(chosen) >= TREE_FROM:  # a quarter of the usual leaves
                leaves = round(len(chosen) ** 0.5)
                searched = round(2.5 * leaves**0.5)
                builder = builder.tree(leaves, searched, training_iterations=5)
            builder = builder.score_ah(
                2, training_sample_size=4000, training_iterations=3
            )
        else:
            builder = scann.configured(builder, len(chosen))
        return Part(builder.build(), chosen, clock, scale, centre)
