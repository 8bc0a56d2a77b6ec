"""Windows of runs: the same slots, by place in the run or by age.

A window of `S` slots slides over a run of `N`, and stops at `L = N - S + 1`
places. Window `l` holds the slots `l` to `l + S - 1` of the run.
"""

from keras import ops


def of_run(products, slots):
    """What each window has of its own slots, the newest last.

    Args:
        products: `(R, L, N)`, by window and by slot of the run.
        slots: `S`.

    Returns:
        `(R, L, S)`.

    Example:

    >>> products = np.arange(6).reshape(1, 2, 3)
    >>> of_run(products, slots=2).numpy().tolist()
    [[[0, 1], [4, 5]]]
    """
    windows, run = ops.shape(products)[1:]
    # In rows that are longer by one, each begins a slot further.
    flat = ops.reshape(products, (-1, windows * run))
    flat = ops.pad(flat, [(0, 0), (0, windows)])
    return ops.reshape(flat, (-1, windows, run + 1))[:, :, :slots]


def in_run(windows):
    """What windows have of their slots, among those of the run.

    Args:
        windows: `(R, L, S)`.

    Returns:
        `(R, L, N)`, 0 in slots outside of a window.

    Example:

    >>> in_run(np.array([[[1, 2], [3, 4]]])).numpy().tolist()
    [[[1, 2, 0], [0, 3, 4]]]
    """
    count, slots = ops.shape(windows)[1:]
    run = slots + count - 1
    wide = ops.pad(windows, [(0, 0), (0, 0), (0, count)])
    flat = ops.reshape(wide, (-1, count * (run + 1)))
    return ops.reshape(flat[:, : count * run], (-1, count, run))
