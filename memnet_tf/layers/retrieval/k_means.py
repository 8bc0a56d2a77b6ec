"""k-means in numpy, for indices."""

import numpy as np

SAMPLE = 64  # rows a center that centers are made from, at most
ROUNDS = 10
_AT_ONCE = 16_384  # rows assigned at once, to spare memory


def k_means(rows, count, seed=0):
    """Centers `(count, d)` of `rows (N, d)`, float32.

    Fewer rows than centers leave the last centers at 0.

    Example:

    >>> rows = np.array([[0.0, 1.0], [0.0, 3.0], [9.0, 9.0]], "float32")
    >>> sorted(k_means(rows, count=2).tolist())
    [[0.0, 2.0], [9.0, 9.0]]
    """
    random = np.random.default_rng(seed)
    centers = np.zeros((count, rows.shape[1]), "float32")
    if not len(rows):
        return centers
    size = min(len(rows), SAMPLE * count)
    sample = rows[random.choice(len(rows), size, replace=False)]
    first = min(count, size)
    centers[:first] = sample[:first]
    for _ in range(ROUNDS):
        cells = nearest(sample, centers[:first])
        order = np.argsort(cells, kind="stable")
        sizes = np.bincount(cells, minlength=first)
        taken = sizes > 0  # an empty cell keeps its center
        starts = (np.cumsum(sizes) - sizes)[taken]
        sums = np.add.reduceat(sample[order], starts)
        centers[:first][taken] = sums / sizes[taken, None]
    return centers


def nearest(rows, centers):
    """The nearest center of each row, int32 `(N,)`."""
    squares = np.square(centers).sum(axis=1) / 2
    cells = np.empty(len(rows), "int32")
    for start in range(0, len(rows), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        cells[part] = np.argmax(rows[part] @ centers.T - squares, axis=1)
    return cells
