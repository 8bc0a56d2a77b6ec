"""The slots of a store, and the exact search of them."""

import numpy as np

BLOCK = 16_384  # slots that are compared at once: they fit in a cache
_SCORES = 2**24  # scores held at once
_GROUP = 64
_FEW = 16  # queries
_SMALL = 8192  # numbers: OpenBLAS makes threads for more than 9,216
_LOWEST = np.finfo("float32").min
KEPT = ("squares", "ids", "written", "last_read", "reads", "usefulness")
NOTHING = "null"  # the JSON text of no record


class Slots:
    """The arrays of a store, one entry a slot, changed in place.

    Writers hold the store's lock, searches do not: `versions` counts the
    changes to each block of vectors, odd while one goes on, and a search
    that meets one compares the block again, under the lock.

    Attributes:
        vectors: float32 `(S, d)`; zeros in an empty slot.
        squares: float32 `(S,)`, squared lengths.
        ids: int64 `(S,)`.
        written: int64 `(S,)`, the store's clock at the last write or
            update, different for every slot; 0 in an empty slot.
        last_read: int64 `(S,)`, the clock at the last read or write.
        reads: int64 `(S,)`, how often the memory was read.
        usefulness: float64 `(S,)`.
        records: list of `S` JSON texts.
        used: slots from here on have never been filled.
        clock: counts rows written and reads.
    """

    def __init__(self, dimension, capacity, lock, vectors=None):
        if vectors is None:
            vectors = np.zeros((capacity, dimension), "float32")
        self.vectors = vectors
        self.squares = np.zeros(capacity, "float32")
        self.ids = np.zeros(capacity, "int64")
        self.written = np.zeros(capacity, "int64")
        self.last_read = np.zeros(capacity, "int64")
        self.reads = np.zeros(capacity, "int64")
        self.usefulness = np.zeros(capacity, "float64")
        self.records = [NOTHING] * capacity
        self.used = 0
        self.clock = 0
        self.versions = np.zeros(-(-capacity // BLOCK), "int64")
        self._lock = lock

    def put(self, chosen, vectors):
        """Writes vectors `(n, d)` to slots `(n,)`, under the lock."""
        self.used = max(self.used, int(chosen.max()) + 1)
        blocks = np.unique(chosen // BLOCK)
        self.versions[blocks] += 1
        self.vectors[chosen] = vectors
        self.squares[chosen] = squares(vectors)
        self.written[chosen] = self.clock + 1 + np.arange(len(chosen))
        self.clock += len(chosen)
        self.last_read[chosen] = self.written[chosen]
        self.versions[blocks] += 1

    def clear(self, chosen):
        """Empties slots, under the lock."""
        blocks = np.unique(chosen // BLOCK)
        self.versions[blocks] += 1
        self.vectors[chosen] = 0
        self.written[chosen] = 0
        self.versions[blocks] += 1
        for slot in chosen.tolist():
            self.records[slot] = NOTHING

    def mark_read(self, chosen):
        """Counts a read of slots, some of them perhaps more than once."""
        self.clock += 1
        self.last_read[chosen] = self.clock
        np.add.at(self.reads, chosen, 1)

    def scan(self, queries, count, metric):
        """The best slots of all, int64 `(B, count)`, in no order.

        Where fewer are filled, the rest are empty slots.
        """
        used = self.used
        rows = max(1, _SCORES // max(1, used))
        found = [
            best(
                self._scores(queries[first : first + rows], used, metric), count
            )
            for first in range(0, len(queries), rows)
        ]
        return np.concatenate(found)

    def rank(self, queries, candidates, k, metric):
        """The best of the candidates, compared exactly, under the lock.

        Args:
            queries: `(B, d)`.
            candidates: int64 `(B, n)`, slots: any of them -1, empty or
                given twice.
            k: how many to return.
            metric: `"inner_product"` or `"l2"`.

        Returns:
            Slots, scores and mask `(B, k)`, best first, the lower slot
            among equals; slot 0 and the lowest number where the mask is
            False.
        """
        candidates = np.sort(candidates, axis=1)
        filled = (candidates >= 0) & (self.written[candidates] > 0)
        filled[:, 1:] &= candidates[:, 1:] != candidates[:, :-1]
        vectors = self.vectors[candidates]  # (B, n, d)
        if metric == "l2":
            vectors -= queries[:, None]
            scores = -np.einsum("bnd,bnd->bn", vectors, vectors)
        else:
            scores = np.einsum("bnd,bd->bn", vectors, queries)
        scores = np.where(filled, scores, _LOWEST)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        found = order.shape[1]
        slots = np.zeros((len(queries), k), "int64")
        mask = np.zeros(slots.shape, bool)
        mask[:, :found] = np.take_along_axis(filled, order, axis=1)
        slots[:, :found] = np.take_along_axis(candidates, order, axis=1)
        slots[~mask] = 0
        best_scores = np.full(slots.shape, _LOWEST)
        best_scores[:, :found] = np.take_along_axis(scores, order, axis=1)
        return slots, best_scores, mask

    def state(self):
        """What a saved store keeps of the slots beside their vectors."""
        return {name: getattr(self, name)[: self.used].copy() for name in KEPT}

    def restore(self, used, clock, state, records):
        """Takes back what was kept; the vectors are there."""
        self.used, self.clock = used, clock
        for name in KEPT:
            getattr(self, name)[:used] = state[name]
        self.records[:used] = records

    def _scores(self, queries, used, metric):
        scores = np.empty((len(queries), used), "float32")
        for block, first in enumerate(range(0, used, BLOCK)):
            part = slice(first, min(first + BLOCK, used))
            version = int(self.versions[block])
            self._score(queries, part, metric, scores[:, part])
            if version % 2 or version != self.versions[block]:
                with self._lock:
                    self._score(queries, part, metric, scores[:, part])
        return scores

    def _score(self, queries, part, metric, scores):
        scores[:] = similarity(
            queries, self.vectors[part], self.squares[part], metric
        )
        scores[:, self.written[part] == 0] = -np.inf


def squares(vectors):
    """Squared lengths `(n,)` of vectors `(n, d)`."""
    return np.einsum("nd,nd->n", vectors, vectors)


def similarity(queries, vectors, squares, metric):
    """Scores `(B, n)` that order vectors `(n, d)` as the metric does.

    For `"l2"`, `2 q m - m²`: minus the squared distance but for `q²`.
    """
    scores = _products(queries, vectors)
    if metric == "l2":
        scores *= 2
        scores -= squares
    return scores


def _products(queries, vectors):
    """Inner products `(B, n)`.

    BLAS hands large products to threads and waits for them: milliseconds
    where cores are busy, for a product that takes microseconds. So for few
    queries vectors are multiplied in groups that are too small for that.
    """
    if len(queries) > _FEW:
        return queries @ vectors.T
    count, dimension = vectors.shape
    group = max(1, min(_GROUP, _SMALL // dimension))
    whole = count // group * group
    grouped = vectors[:whole].reshape(-1, group, dimension) @ queries.T
    products = np.empty((len(queries), count), "float32")
    products[:, :whole] = grouped.reshape(whole, len(queries)).T
    products[:, whole:] = queries @ vectors[whole:].T
    return products


def best(scores, count):
    """Columns of the `count` highest scores of each row, in no order.

    The best groups of 64 columns hold the best columns, and few groups are
    faster to order than many columns.

    Args:
        scores: `(B, N)`.
        count: how many; fewer where there are fewer columns.

    Returns:
        int64 `(B, min(count, N))`.

    Example:

    >>> best(np.array([[0.1, 0.9, 0.5]]), 2).tolist()
    [[2, 1]]
    """
    columns = scores.shape[1]
    if count >= columns:
        return np.broadcast_to(np.arange(columns), scores.shape)
    groups = columns // _GROUP
    if count * 4 > groups:
        return np.argpartition(scores, columns - count, axis=1)[:, -count:]
    whole = groups * _GROUP
    grouped = scores[:, :whole].reshape(len(scores), groups, _GROUP)
    chosen = np.argpartition(grouped.max(axis=2), groups - count, axis=1)[
        :, -count:
    ]
    inside = chosen[:, :, None] * _GROUP + np.arange(_GROUP)
    rest = np.arange(whole, columns)
    candidates = np.concatenate(
        [
            inside.reshape(len(scores), -1),
            np.broadcast_to(rest, (len(scores), len(rest))),
        ],
        axis=1,
    )
    kept = np.take_along_axis(scores, candidates, axis=1)
    kept = np.argpartition(kept, kept.shape[1] - count, axis=1)[:, -count:]
    return np.take_along_axis(candidates, kept, axis=1)
