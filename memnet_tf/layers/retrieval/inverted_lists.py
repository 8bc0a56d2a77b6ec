"""Inverted lists: which slots belong to a cell, a word or a cluster.

Two flat arrays, so that 14 million sentences fit in memory: list `i` holds
`slots[offsets[i] : offsets[i + 1]]`.
"""

import numpy as np
from keras import ops


def build(lists, slots, count):
    """Lists of the slots, from pairs of a list and a slot.

    Args:
        lists: int32 `(E,)`, the list that entry `e` belongs to.
        slots: int32 `(E,)`, its slot.
        count: number of lists.

    Returns:
        `(offsets (count + 1,), slots (E,))`, int32 arrays.

    Example:

    >>> build(np.array([2, 0, 2]), np.array([7, 8, 9], "int32"), count=3)
    (array([0, 1, 1, 3], dtype=int32), array([8, 7, 9], dtype=int32))
    """
    offsets = np.zeros(count + 1, "int32")
    np.cumsum(np.bincount(lists, minlength=count), out=offsets[1:])
    return offsets, slots[np.argsort(lists, kind="stable")]


def first_slots(offsets, slots, lists, limit):
    """The first `limit` slots of several lists, one list after the other.

    Args:
        offsets: int32 `(L + 1,)`.
        slots: int32 `(E,)`, not empty.
        lists: int32 `(B, P)`, lists to join; -1 for none.
        limit: most slots for each query, an int.

    Returns:
        `(found (B, limit), filled (B, limit))`, int32 slots and a bool mask.
    """
    start, length = _spans(offsets, lists)
    end = ops.cumsum(length, axis=1)  # (B, P)
    begin = end - length
    # From the place of a slot among those found to its place in `slots`: a
    # shift that changes where a list begins. Lists that begin beyond the
    # limit change what is beyond it.
    shift = start - begin
    change = shift - ops.pad(shift[:, :-1], [(0, 0), (1, 0)])
    batch = ops.shape(lists)[0]
    row = ops.expand_dims(ops.arange(batch, dtype="int32") * (limit + 1), 1)
    shift = ops.segment_sum(
        ops.reshape(change, (-1,)),
        ops.reshape(row + ops.minimum(begin, limit), (-1,)),
        num_segments=batch * (limit + 1),
    )
    shift = ops.cumsum(ops.reshape(shift, (-1, limit + 1)), axis=1)[:, :limit]
    place = ops.arange(limit, dtype="int32")
    filled = place < end[:, -1:]
    found = ops.take(slots, ops.where(filled, place + shift, 0), axis=0)
    return found, filled


def lengths(offsets, lists):
    """Length `(B, P)` of each list."""
    return _spans(offsets, lists)[1]


def _spans(offsets, lists):
    there = lists >= 0
    lists = ops.where(there, lists, 0)
    start = ops.take(offsets, lists, axis=0)
    stop = ops.take(offsets, lists + 1, axis=0)
    return start, ops.where(there, stop - start, 0)
