"""A gated recurrent unit over slots, and its gradient."""

from keras import ops

from memnet_tf.layers.generalization import loop


def states(of_values, shares, of_state):
    """The states `h`, at first 0, of a gated recurrent unit after each slot.

    With blocks `x^r`, `x^c` and, where there are three, `x^u` of what is known
    of a slot before it is read, and blocks `U` of the weights:

    1. `r = sigmoid(x^r + h U^r)`
    2. `c = tanh(x^c + r * (h U^c))`
    3. `u = s`, the slot's share; where there are three blocks
       `s * sigmoid(x^u + h U^u)`
    4. `h <- u c + (1 - u) h`

    The gradient is our own: whatever does not wait for the slot after it, the
    gradient of `U` above all, is computed for all slots at once.

    Args:
        of_values: `x`, `(B, S, 2 d)` or `(B, S, 3 d)`.
        shares: `s`, `(B, S)`; a slot of share 0 leaves the state as it is.
        of_state: `U`, `(d, 2 d)` or `(d, 3 d)`.

    Returns:
        `(B, S, d)`, float32.
    """
    tensors = of_values, ops.expand_dims(shares, -1), of_state
    return _states(*(ops.cast(tensor, "float32") for tensor in tensors))


@ops.custom_gradient
def _states(of_values, shares, of_state):
    units = of_state.shape[0]

    def step(state, inputs, _):
        (state,) = state
        share, of_value = inputs[:, :1], inputs[:, 1:]
        _, _, candidate, gate = _gates(of_value, state, of_state)
        state = state + share * gate * (candidate - state)
        return state, (state,)

    nothing = ops.zeros_like(of_values[:, 0, :units])
    inputs = ops.concatenate([shares, of_values], axis=-1)
    every = ops.ones_like(of_values[..., 0], dtype="bool")
    after, _ = loop.one_by_one(step, (nothing,), inputs, every)

    def gradient(*args, upstream=None):
        of_after = args[0] if upstream is None else upstream
        before = ops.pad(after[:, :-1], ((0, 0), (1, 0), (0, 0)))
        candidate_of_state, reset, candidate, gate = _gates(
            of_values, before, of_state
        )
        change, update = candidate - before, shares * gate
        of_candidate = update * (1 - candidate**2)
        # By how much `h` changes with each block of `h U`.
        slopes = [
            of_candidate * candidate_of_state * reset * (1 - reset),
            of_candidate * reset,
            update * change * (1 - gate),
        ][: of_state.shape[1] // units]
        of_states = _of_states(of_after, 1 - update, slopes, of_state)
        of_blocks = [of_states * slope for slope in slopes]
        of_weights = ops.matmul(
            ops.transpose(ops.reshape(before, (-1, units))),
            ops.reshape(
                ops.concatenate(of_blocks, axis=-1), (-1, of_state.shape[1])
            ),
        )
        of_blocks[1] = of_states * of_candidate
        of_shares = ops.sum(of_states * change * gate, axis=-1, keepdims=True)
        return ops.concatenate(of_blocks, axis=-1), of_shares, of_weights

    return after, gradient


def _gates(of_value, state, of_state):
    """`h U^c`, the reset gate, the candidate, and the update gate or 1."""
    blocks = of_state.shape[1] // of_state.shape[0]
    known = ops.split(of_value, blocks, axis=-1)
    found = ops.split(ops.matmul(state, of_state), blocks, axis=-1)
    reset = ops.sigmoid(known[0] + found[0])
    candidate = ops.tanh(known[1] + reset * found[1])
    gate = ops.ones_like(reset)
    if blocks == 3:
        gate = ops.sigmoid(known[2] + found[2])
    return found[1], reset, candidate, gate


def _of_states(of_after, kept, slopes, of_state):
    """The gradients of states, from the newest, which reaches all others.

    Args:
        of_after: `(B, S, d)`, gradients by what is made of each state.
        kept: `(B, S, d)`, what a slot keeps of the state before it.
        slopes: for each block of `h U`, `(B, S, d)`.
        of_state: `U`.
    """
    of_after, kept, slopes = (
        ops.transpose(part, (1, 0, 2))
        for part in (of_after, kept, ops.concatenate(slopes, axis=-1))
    )
    to_state = ops.transpose(of_state)
    blocks = to_state.shape[0] // to_state.shape[1]

    def step(slot, of_next, found):
        slot = slot - 1
        here = of_after[slot] + of_next
        of_blocks = ops.tile(here, (1, blocks)) * slopes[slot]
        found = ops.slice_update(found, (slot, 0, 0), ops.expand_dims(here, 0))
        return slot, here * kept[slot] + ops.matmul(of_blocks, to_state), found

    _, _, found = ops.while_loop(
        lambda slot, *_: slot > 0,
        step,
        (
            ops.shape(of_after)[0],
            ops.zeros_like(of_after[0]),
            ops.zeros_like(of_after),
        ),
    )
    return ops.transpose(found, (1, 0, 2))
