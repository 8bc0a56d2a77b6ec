"""O: states that a story changes sentence by sentence, by gates."""

import keras
from keras import ops

from memnet_tf.layers.generalization import loop


def gated_scan(scores, values, mask):
    """The states `h_t = z_t v_t + (1 - z_t) h_{t-1}` after every slot.

    `h_0` is 0, `z_t` the logistic function of a score. Slots that are empty
    leave the state as it is.

    There are two ways to compute them: in closed form, `h_t = sum_i p_ti v_i`
    with the addresses `p` of `addresses_of`, and slot by slot. The first has
    `G S` numbers a slot, the second `d`, but a loop to go through: which is
    faster on CPU depends on the shapes alone.

    Args:
        scores: `(B, G, S)`, of each of `G` groups of units.
        values: `(B, G, S, w)`, the groups' parts of the values.
        mask: bool `(B, S)`.

    Returns:
        `(B, S, d)`, the groups side by side, `d = G w`.
    """
    gates, slots, width = values.shape[1:]
    units = gates * width
    if slots is None or gates * slots <= 2 * units:
        addresses = addresses_of(scores, ops.expand_dims(mask, 1))
        states = ops.matmul(addresses, values)
        return ops.reshape(
            _slots_first(states), (-1, ops.shape(mask)[1], units)
        )
    update = ops.expand_dims(ops.sigmoid(scores), -1) + ops.zeros_like(values)
    inputs = ops.concatenate(
        [
            ops.reshape(_slots_first(part), (-1, slots, units))
            for part in (1 - update, update * values)
        ],
        axis=-1,
    )

    def step(state, features, written):
        changed = features[:, :units] * state[0] + features[:, units:]
        state = ops.where(written[:, None], changed, state[0])
        return state, (state,)

    start = (ops.zeros_like(inputs[:, 0, :units]),)
    states, _ = loop.one_by_one(step, start, inputs, mask)
    return ops.cast(states, values.dtype)


def _slots_first(parts):
    return ops.transpose(parts, (0, 2, 1, 3))


def addresses_of(scores, mask):
    """What a scan has of every slot in its states.

    `p_ti = s(a_i) prod_{i < j <= t} (1 - s(a_j))`, 0 for `i > t`: what slot
    `t` would read by stick-breaking, were it the newest. The last row is that
    of `addressing.stick_breaking`.

    Args:
        scores: `(..., S)`.
        mask: bool `(..., S)`.

    Returns:
        `(..., S, S)`, by `t` and `i`.
    """
    # At least of 32 bits: differences of long sums.
    wide = ops.cast(scores, keras.backend.result_type(scores.dtype, "float32"))
    kept = ops.cumsum(ops.where(mask, -ops.softplus(wide), 0), axis=-1)
    written = ops.where(mask, -ops.softplus(-wide), 0) - kept
    slot = ops.arange(ops.shape(scores)[-1], dtype="int32")
    read = ops.expand_dims(slot, 1) >= slot
    read = ops.logical_and(read, ops.expand_dims(mask, -2))
    exponent = ops.expand_dims(kept, -1) + ops.expand_dims(written, -2)
    addresses = ops.exp(ops.where(read, exponent, 0))
    return ops.cast(ops.where(read, addresses, 0), scores.dtype)
