"""Soft writes: erase and add, where there is room, and what followed what.

The write half of the memory of Graves et al. 2016 (Differentiable Neural
Computer, Methods), as functions of one step. `B` is the batch, `S` the number
of slots; an address is a weight for every slot, and sums to at most 1.
"""

from keras import ops


def erase_and_add(features, address, erase, add):
    """`m_i <- m_i (1 - w_i e) + w_i v`.

    Args:
        features: `m`, `(B, S, d)`.
        address: `w`, `(B, S)`.
        erase: `e`, `(B, d)`, between 0 and 1.
        add: `v`, `(B, d)`.

    Example:

    >>> one = np.ones((1, 1))
    >>> slots = np.array([[[4.0], [4.0]]])
    >>> address = np.array([[0.0, 0.5]])
    >>> erase_and_add(slots, address, one, 8 * one).numpy().tolist()
    [[[4.0], [6.0]]]
    """
    address = ops.expand_dims(address, 2)
    erased = features * (1 - address * ops.expand_dims(erase, 1))
    return erased + address * ops.expand_dims(add, 1)


def usage_written(usage, address):
    """`u_i <- u_i + w_i - u_i w_i`: a slot is used by writing to it.

    Args:
        usage: `u`, `(B, S)`, between 0 and 1.
        address: `w`, `(B, S)`.

    Example:

    >>> usage_written(np.array([[0.5, 0.0]]), np.array([[0.5, 0.5]])).tolist()
    [[0.75, 0.5]]
    """
    return 1 - (1 - usage) * (1 - address)


def usage_freed(usage, addresses, free):
    """`u_i <- u_i prod_r (1 - f_r w_ri)`: reads free a slot as far as told.

    Args:
        usage: `u`, `(B, S)`.
        addresses: `w`, `(B, R, S)`, of reads.
        free: `f`, `(B, R)`, between 0 and 1.

    Example:

    >>> read, free = np.array([[[1.0, 0.5]]]), np.array([[0.5]])
    >>> usage_freed(np.array([[1.0, 1.0]]), read, free).numpy().tolist()
    [[0.5, 0.75]]
    """
    kept = 1 - ops.expand_dims(free, 2) * addresses
    # Few reads: the gradient of a product along an axis costs more.
    for of_read in ops.unstack(kept, axis=1):
        usage = usage * of_read
    return usage


def allocation(usage):
    """Where there is room: `a_i = (1 - u_i) prod_{j less used} u_j`.

    The least used slot comes first, of equals the first, and gets what it
    has left; the next gets of the remainder what that one has left. An empty
    slot gets everything, so that what is written to it fills no other. The
    paper sorts the slots; here each is compared with all others, which
    compiles to one product of matrices.

    Args:
        usage: `u`, `(B, S)`, between 0 and 1.

    Returns:
        An address `(B, S)`.

    Example:

    >>> allocation(np.array([[0.5, 0.25, 1.0]])).numpy()
    array([[0.125, 0.75 , 0.   ]])
    """
    slot = ops.arange(ops.shape(usage)[1])
    one, other = ops.expand_dims(usage, 2), ops.expand_dims(usage, 1)
    earlier = ops.expand_dims(slot, 1) > slot
    first = ops.logical_or(
        other < one, ops.logical_and(ops.equal(other, one), earlier)
    )
    empty = ops.equal(usage, 0)
    logarithm = ops.log(ops.where(empty, 1, usage))
    parts = [logarithm, ops.cast(empty, logarithm.dtype)]
    # Sums over the slots that come first: of logarithms, of empty ones.
    sums = ops.matmul(
        ops.cast(first, logarithm.dtype), ops.stack(parts, axis=-1)
    )
    room = (1 - usage) * ops.exp(sums[..., 0])
    return ops.where(sums[..., 1] > 0, 0, room)


def links_after(links, precedence, address):
    """`l_ij <- (1 - w_i - w_j) l_ij + w_i p_j`, and 0 where `i = j`.

    Slot `i` follows slot `j` as far as it was written just after it.

    Args:
        links: `l`, `(B, S, S)`.
        precedence: `p`, `(B, S)`, of the step before.
        address: `w`, `(B, S)`, of this step.

    Example:

    >>> first, second = np.array([[1.0, 0.0]]), np.array([[0.0, 0.5]])
    >>> links_after(np.zeros((1, 2, 2)), first, second).numpy().tolist()
    [[[0.0, 0.0], [0.5, 0.0]]]
    """
    row, column = ops.expand_dims(address, 2), ops.expand_dims(address, 1)
    links = (1 - row - column) * links + row * ops.expand_dims(precedence, 1)
    return links * (1 - ops.eye(ops.shape(links)[-1], dtype=links.dtype))


def precedence_after(precedence, address):
    """`p_i <- (1 - sum_j w_j) p_i + w_i`: how far a slot is the last written.

    Args:
        precedence: `p`, `(B, S)`.
        address: `w`, `(B, S)`.

    Example:

    >>> before, address = np.array([[1.0, 0.0]]), np.array([[0.0, 0.25]])
    >>> precedence_after(before, address).numpy().tolist()
    [[0.75, 0.25]]
    """
    return (1 - ops.sum(address, axis=1, keepdims=True)) * precedence + address
