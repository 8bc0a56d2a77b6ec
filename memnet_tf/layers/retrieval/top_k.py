"""The best `k` of many rows, exactly, without sorting all the scores.

Rows are taken in groups. The best `k` rows lie in the `k` groups with the
highest maxima: were one outside, each of those groups would hold a better.
So one pass over the rows keeps the maximum of each group alone, and only
`k` groups are scored again. For a batch the pass takes a block of rows at a
time, whose scores are still in the processor's cache when their maxima are
taken; the scores of all rows, 4 bytes a row and query, are never written to
memory. For one query they are little beside the rows, and blocks would only
cost their setting up.
"""

import math

from keras import ops

from memnet_tf.layers.retrieval import scoring
from memnet_tf.layers.rows import gather

GROUPS = 8, 64  # rows a group, at least and at most
BLOCK = 8192  # rows scored at once
BLOCKS = 128  # at most; each is a few operations of the graph
WORTH = 64  # times the rows of `k` groups, from which groups are worth it


def best_rows(query, k, keys, mask=None, metric="inner_product", group=None):
    """The slots of the best `k` rows.

    Args:
        query: `(B, d)`.
        k: how many, an int.
        keys: `(N, d)`; where `N` is unknown, it must be at least `k`.
        mask: bool `(N,)`, the rows to choose among; all if None.
        metric: see `scoring`.
        group: rows a group; by default as suits `k`, `N` and `d`.

    Returns:
        int32 `(B, min(k, N))`, best first; rows of equal scores stand in
        any order. Where `mask` leaves fewer, other rows follow.
    """
    count, features = keys.shape
    group = group or _group(count, k, features)
    if count is None or count < WORTH * k * group:
        return _best_of_few(query, k, keys, mask, metric)
    maxima = _maxima(query, keys, mask, metric, group)  # (B, groups)
    _, best = ops.top_k(maxima, k, sorted=False)
    rows = ops.expand_dims(ops.cast(best, "int32") * group, -1)
    rows = rows + ops.arange(group, dtype="int32")
    rows = ops.reshape(rows, (-1, k * group))
    there = rows < count  # the last group may be short
    rows = ops.minimum(rows, count - 1)
    if mask is not None:
        there = ops.logical_and(there, ops.take(mask, rows, axis=0))
    scores = scoring.of_rows(query, ops.take(keys, rows, axis=0), metric)
    _, places = ops.top_k(scoring.hidden(scores, there), k)
    return gather(rows, places)


def _group(count, k, features):
    """Rows a group, where choosing groups and scoring theirs cost alike.

    To choose takes as long as there are groups, `count / group`; to score
    again, as `k * group * features`, half of it where rows are long.
    """
    least, most = GROUPS
    if count is None or features is None:
        return most
    alike = math.sqrt(max(1, 2 * count / (k * features)))
    return min(most, max(least, 2 ** round(math.log2(alike))))


def _best_of_few(query, k, keys, mask, metric):
    count = keys.shape[0]
    shown = None if mask is None else ops.expand_dims(mask, 1)
    order = scoring.hidden(scoring.of_all(query, keys, metric), shown)
    order = ops.transpose(order)  # (B, N)
    return ops.top_k(order, k if count is None else min(k, count))[1]


def _maxima(query, keys, mask, metric, group):
    """The highest score `(B, groups)` in each group of rows."""
    arguments = query, keys, mask, metric, group
    if query.shape[0] is None:
        return ops.cond(
            ops.equal(ops.shape(query)[0], 1),
            lambda: _maxima_of_blocks(*arguments, keys.shape[0]),
            lambda: _maxima_of_blocks(*arguments, _block(keys.shape[0])),
        )
    alone = query.shape[0] == 1
    block = keys.shape[0] if alone else _block(keys.shape[0])
    return _maxima_of_blocks(*arguments, block)


def _block(count):
    """Rows scored at once, of `count`, for a batch."""
    return max(BLOCK, -(-count // BLOCKS))


def _maxima_of_blocks(query, keys, mask, metric, group, block):
    count = keys.shape[0]
    block = -(-block // group) * group
    maxima = []
    for start in range(0, count, block):
        rows = keys if block >= count else keys[start : start + block]
        order = scoring.of_all(query, rows, metric)
        if mask is not None:
            shown = ops.expand_dims(mask[start : start + block], 1)
            order = ops.where(shown, order, scoring.LOWEST)
        missing = -rows.shape[0] % group
        if missing:
            order = ops.pad(
                order, [(0, missing), (0, 0)], constant_values=scoring.LOWEST
            )
        groups = (rows.shape[0] + missing) // group
        if block >= count:  # of one query: columns need no transposition
            order = ops.reshape(ops.transpose(order), (-1, groups, group))
            return scoring.hidden(ops.max(order, axis=2), None)
        order = ops.reshape(order, (groups, group, -1))
        maxima.append(ops.max(order, axis=1))
    return scoring.hidden(ops.transpose(ops.concatenate(maxima)), None)
