"""Retrieval from keys that are all pairs of two sets of half keys."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.retrieval import scoring
from memnet_tf.layers.retrieval.retrieval import Retrieval
from memnet_tf.layers.retrieval.top_k import best_rows
from memnet_tf.layers.rows import gather


@keras.saving.register_keras_serializable("memnet_tf")
class ProductKeyRetrieval(Retrieval):
    """Finds the best of `n^2` keys, exactly, by comparing `2 n` halves.

    Product keys (Lample et al. 2019, 1907.05242, section 3.2): every pair of
    a first half `c_i` and a second half `c'_j` is a key, `[c_i; c'_j]`, of
    slot `i n + j`. As its score is the sum of those of its halves, the best
    `k` keys are among the pairs of the best `k` halves of either set: the
    pair of the `i`-th and the `j`-th best, counted from 1, has `i j - 1`
    others that are no worse, so it is looked at where `i j <= k` only.

    All slots are filled. There is nothing to index.

    Args:
        metric: see `Retrieval`.

    Call arguments:
        query: `(B, d)`.
        k: how many slots to find, an int.
        keys: `(2, n, d / 2)`, the first and the second halves.
        mask: not taken.

    Output:
        See `Retrieval`.

    Raises:
        ValueError: a `mask` is given, or the shapes do not fit.

    Example:

    >>> halves = np.array([[[1.0], [2.0]], [[10.0], [30.0]]])
    >>> retrieved = ProductKeyRetrieval()(np.array([[1.0, 1.0]]), 3, halves)
    >>> retrieved.slots.numpy().tolist(), retrieved.scores.numpy().tolist()
    ([[3, 1, 2]], [[32.0, 31.0, 12.0]])
    """

    ranks = (3,)

    def search(self, query, k, keys, mask, **more):
        if mask is not None:
            raise ValueError(
                "Expected no `mask`: product keys have no empty slots. "
                f"Received shape: {tuple(mask.shape)}"
            )
        best, scores = [], []
        halves = zip(
            ops.split(query, 2, axis=-1), ops.unstack(keys), strict=True
        )
        for part, half in halves:
            rows = best_rows(part, k, half, None, self.metric)
            score = scoring.of_rows(
                part, ops.take(half, rows, axis=0), self.metric
            )
            # Scored again, they may stand in an order that differs a little.
            score, places = ops.top_k(score, rows.shape[1])
            best.append(gather(rows, places))
            scores.append(score)
        first, second = _pairs(k, min(k, keys.shape[1]))
        sums = ops.take(scores[0], first, axis=1)
        sums = sums + ops.take(scores[1], second, axis=1)
        slots = ops.take(best[0], first, axis=1) * keys.shape[1]
        slots = slots + ops.take(best[1], second, axis=1)
        _, places = ops.top_k(sums, min(k, len(first)))
        return gather(slots, places), None

    def _rows(self, values, slots, axes):
        first, second = ops.unstack(values)
        count = values.shape[1]
        rows = [
            ops.take(first, slots // count, axis=0),
            ops.take(second, slots % count, axis=0),
        ]
        return ops.concatenate(rows, axis=-1)

    def _check(self, query, k, keys):
        shape = tuple(keys.shape)
        if len(shape) != 3 or shape[0] != 2 or None in shape:
            raise ValueError(
                "Expected `keys` with 3 axes, (2, halves, units). Received "
                f"shape: {shape}"
            )
        if len(query.shape) != 2 or query.shape[1] != 2 * shape[2]:
            raise ValueError(
                f"Expected `query` of shape (batch, {2 * shape[2]}). Received "
                f"shape: {tuple(query.shape)}"
            )
        positive_ints(k=k)


def _pairs(k, count):
    """Places, from 0, of the pairs to look at: two lists of as many ints."""
    pairs = [
        (first, second)
        for first in range(count)
        for second in range(min(count, k // (first + 1)))
    ]
    first, second = zip(*pairs, strict=True)
    return list(first), list(second)
