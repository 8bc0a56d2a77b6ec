"""Addressing: from the scores of slots to the weights they are read with.

Every function takes `scores (..., S)` and a bool `mask (..., S)` and returns
`addresses (..., S)` that are exactly 0 in an empty slot, and all 0 where no
slot is filled. Softmax, hard and top-k addresses sum to 1 over the filled
slots; those of the padded softmax and of stick-breaking sum to at most 1, and
what is left over says that nothing was found.
"""

from keras import ops


def softmax(scores, mask):
    """`p_i = exp(s_i) / sum_j exp(s_j)` over the filled slots."""
    scores = _hide_empty(scores, mask)
    highest = ops.max(scores, axis=-1, keepdims=True)
    shares = ops.exp(scores - ops.stop_gradient(highest))
    shares = shares * ops.cast(mask, scores.dtype)
    total = ops.sum(shares, axis=-1, keepdims=True)  # 0, or at least 1
    return shares / ops.maximum(total, ops.cast(0.5, scores.dtype))


def padded_softmax(scores, mask):
    """`p_i = exp(s_i) / (e + sum_j exp(s_j))`, `e` the number of empty slots.

    Empty slots take part with a score of 0, as in the program of Sukhbaatar
    et al. 2015, and what they get is read from nowhere: a question that
    matches no memory reads next to nothing.
    """
    scores = ops.where(mask, scores, 0)
    addresses = softmax(scores, ops.ones_like(mask))
    return ops.where(mask, addresses, 0)


def hard(scores, mask):
    """1 in the slot of the highest score (Weston et al. 2014, eq. 2).

    The gradient is that of the softmax (a straight-through estimator), so
    that a network trains end to end without labels of what to read.
    """
    soft = softmax(scores, mask)
    best = ops.argmax(_hide_empty(scores, mask), axis=-1)
    one_hot = ops.one_hot(best, ops.shape(scores)[-1], dtype=soft.dtype)
    one_hot = one_hot * ops.cast(mask, soft.dtype)
    return one_hot + (soft - ops.stop_gradient(soft))


def top_k(scores, mask, k):
    """Softmax over the `k` highest scores, 0 elsewhere."""
    slots = scores.shape[-1]
    hidden = _hide_empty(scores, mask)
    _, best = ops.top_k(ops.stop_gradient(hidden), min(k, slots), sorted=False)
    chosen = ops.expand_dims(best, -1) == ops.arange(slots, dtype=best.dtype)
    chosen = ops.any(chosen, axis=-2) | ops.isnan(hidden)  # NaN stays seen
    return softmax(scores, ops.logical_and(mask, chosen))


def stick_breaking(scores, mask):
    """`p_i = s(a_i) prod_{j later} (1 - s(a_j))`, `s` the logistic function.

    The newest slot that matches wins, so reading needs no time encoding and
    does not depend on how many slots there are. Slots stand in the order of
    writing. Computed in logarithms: exact for any number of slots.
    """
    keep = ops.where(mask, -ops.softplus(scores), 0)  # log(1 - s(a))
    later = ops.sum(keep, axis=-1, keepdims=True) - ops.cumsum(keep, axis=-1)
    addresses = ops.exp(later - ops.softplus(-scores))
    return ops.where(mask, addresses, 0)


def sweep(preferences, mask):
    """The slot that survives a pairwise sweep (Weston et al. 2014, sec. 3.4).

    The sweep starts with the newest slot as its champion and goes back in
    time: an older slot `i` replaces the champion `t` where
    `preferences[i, t] > 0`. It visits pairs one by one; here the first
    challenger that beats each slot is found for all slots at once, and
    following these links by doubling gives the same champion in `log2(S)`
    steps.

    Args:
        preferences: `(..., S, S)`; row `i` and column `j` say by how much
            slot `i` is preferred to slot `j`.
        mask: bool `(..., S)`; empty slots do not take part.

    Returns:
        int32 `(...)`, the slot; 0 where none is filled.
    """
    slots = preferences.shape[-1]
    slot = ops.arange(slots, dtype="int32")
    older = ops.expand_dims(slot, 1) < slot  # row i is older than column t
    beats = ops.logical_and(preferences > 0, older)
    beats = ops.logical_and(beats, ops.expand_dims(mask, -1))
    # The first to beat t is the newest such i; nobody beats it: t stays.
    challenger = ops.where(beats, ops.expand_dims(slot, 1), -1)
    successor = ops.max(challenger, axis=-2)  # (..., S)
    successor = ops.where(successor < 0, slot, successor)
    for _ in range(max(slots - 1, 1).bit_length()):
        successor = ops.take_along_axis(successor, successor, axis=-1)
    newest = ops.max(ops.where(mask, slot, 0), axis=-1, keepdims=True)
    return ops.squeeze(ops.take_along_axis(successor, newest, axis=-1), -1)


def _hide_empty(scores, mask):
    """Scores with empty slots far below any other, finite in float16."""
    lowest = -3e4 if scores.dtype == "float16" else -1e30
    return ops.where(mask, scores, ops.cast(lowest, scores.dtype))
