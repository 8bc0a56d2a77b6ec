"""Batches of one size, for what is compiled for it."""

import keras
import numpy as np


def in_batches(function, x, size):
    """What a function makes of examples, which it is given in batches.

    Args:
        function: of a dict of arrays of `size` rows; it returns a tensor, or
            several, with a row for each. A last batch is filled with the
            first examples again.
        x: a dict of arrays `(N, ...)`.
        size: rows of a batch.

    Returns:
        What it returned, as arrays `(N, ...)`.

    Example:

    >>> in_batches(lambda x: x["n"] + 1, {"n": np.arange(3)}, 2).tolist()
    [1, 2, 3]
    """
    count = len(next(iter(x.values())))
    found = []
    for start in range(0, count, size):
        rows = np.arange(start, start + size) % count
        outputs = function({name: part[rows] for name, part in x.items()})
        found.append(keras.tree.map_structure(np.asarray, outputs))
    return keras.tree.map_structure(
        lambda *parts: np.concatenate(parts)[:count], *found
    )
