"""Rows of a batch: taken by their number, or where a mask says so."""

from keras import ops


def gather(features, rows):
    """Rows of `features (B, N, ...)` by int `rows (B, S)`: `(B, S, ...)`.

    As one take of whole rows, which XLA does faster than one along an axis.
    """
    batch, count = ops.shape(features)[:2]
    flat = ops.reshape(features, (-1, *features.shape[2:]))
    first = ops.expand_dims(ops.arange(batch, dtype="int32") * count, 1)
    return ops.take(flat, first + rows, axis=0)


def where(mask, features, other):
    """`features (B, N, ...)` where `mask (B, N)` is True, else `other`."""
    other = ops.cast(other, features.dtype)
    rest = [1] * (len(features.shape) - len(mask.shape))
    mask = ops.reshape(mask, (*ops.shape(mask), *rest))
    return ops.where(mask, features, other)
