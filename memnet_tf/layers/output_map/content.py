"""Content addressing: slots by the angle between them and a key."""

from keras import ops

from memnet_tf.layers.output_map import addressing

_LEAST = 1e-6  # of a product of lengths: next to nothing is like nothing


def cosines(keys, features):
    """`cos(k_r, m_i)`, `(B, R, S)`; 0 for a slot or key of zeros.

    Args:
        keys: `k`, `(B, R, d)`.
        features: `m`, `(B, S, d)`.

    Example:

    >>> cosines(np.array([[[0.0, 2.0]]]), np.eye(2)[None]).numpy().round(3)
    array([[[0., 1.]]])
    """
    products = ops.einsum("brd,bsd->brs", keys, features)
    keys = ops.expand_dims(ops.sum(ops.square(keys), axis=2), 2)
    slots = ops.expand_dims(ops.sum(ops.square(features), axis=2), 1)
    return products * ops.rsqrt(keys * slots + _LEAST)


def content_addresses(keys, strengths, features, mask, k=None):
    """Softmax of `b_r cos(k_r, m_i)` over the filled slots, `(B, R, S)`.

    Args:
        keys: `k`, `(B, R, d)`.
        strengths: `b`, `(B, R)`, at least 1: the higher, the sharper.
        features: `m`, `(B, S, d)`.
        mask: bool `(B, S)`; what is not filled gets nothing.
        k: how many slots are addressed, the best (Rae et al. 2016,
            1610.09027); all if None.

    Example:

    >>> slots, key = np.eye(3)[None], np.array([[[1.0, 0.5, 0.0]]])
    >>> mask, strength = np.ones((1, 3), bool), np.array([[100.0]])
    >>> content_addresses(key, strength, slots, mask).numpy().round(2)
    array([[[1., 0., 0.]]])
    """
    scores = ops.expand_dims(strengths, 2) * cosines(keys, features)
    mask = ops.broadcast_to(ops.expand_dims(mask, 1), ops.shape(scores))
    if k is None:
        return addressing.softmax(scores, mask)
    return addressing.top_k(scores, mask, k)
