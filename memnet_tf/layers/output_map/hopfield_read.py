"""O: a stored pattern is retrieved by updates of a state."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.output_map import addressing


@keras.saving.register_keras_serializable("memnet_tf")
class HopfieldRead(keras.Layer):
    """Retrieves the stored pattern that a question completes to.

    The modern Hopfield network of Ramsauer et al. 2020 (2008.02217, eq. 3).
    The patterns `x_i` are the keys of the filled slots and the state `u` is
    at first the question. Every update:

    1. addresses `p = softmax(beta u . x_i)`
    2. next state `u <- sum_i p_i x_i`

    The last update reads values in place of keys, where slots have both.
    No update raises the energy `E(u) = |u|^2 / 2 - log(sum_i exp(beta u .
    x_i)) / beta`, so that states end in one of its minima: in a pattern
    that is well apart from the others, most often after one update; in the
    middle of patterns that are close together; and in the mean of all where
    `beta` is small. There is no tolerance to stop at: a state that has
    arrived stays.

    Unlike a hop of `OutputMap` it does not add what it read to the state.

    Args:
        updates: `K`, how often the state is updated.
        beta: how sharply patterns are told apart; `1 / sqrt(d)` if None.

    Call arguments:
        question: `u`, `(B, d)`.
        memory: a `Memory` with features `(B, S, d)`, patterns, or
            `(B, S, 2, d)`, keys and values.

    Output:
        `(output (B, d), addresses (B, K, S))`. An empty memory is read as
        zeros.

    Raises:
        ValueError: `updates` is not a positive int, `beta` is not positive,
            or the memory has other features.

    Example:

    >>> memory = Append(slots=2)(np.array([[[4.0, 0.0], [0.0, 4.0]]]))
    >>> output, addresses = HopfieldRead(beta=4.0)(
    ...     np.array([[0.0, 1.0]]), memory
    ... )
    >>> output.numpy().round(3).tolist(), addresses.numpy().round(3).tolist()
    ([[0.0, 4.0]], [[[0.0, 1.0]]])
    """

    def __init__(self, updates=1, beta=None, **kwargs):
        super().__init__(**kwargs)
        positive_ints(updates=updates)
        if beta is not None and not beta > 0:
            raise ValueError(
                f"Expected `beta` to be positive. Received: {beta!r}"
            )
        self.updates = updates
        self.beta = beta

    def call(self, question, memory):
        keys, values = self._keys_and_values(question, memory.features)
        beta = self.beta or question.shape[-1] ** -0.5
        state, addresses = question, []
        for update in range(self.updates):
            scores = ops.einsum("bd,bsd->bs", beta * state, keys)
            address = addressing.softmax(scores, memory.mask)
            patterns = values if update == self.updates - 1 else keys
            state = ops.einsum("bs,bsd->bd", address, patterns)
            addresses.append(address)
        return state, ops.stack(addresses, axis=1)

    def _keys_and_values(self, question, features):
        """Keys and values, `(B, S, d)` each."""
        shape, units = tuple(features.shape), question.shape[-1]
        if shape[2:] not in ((units,), (2, units)):
            raise ValueError(
                "Expected `memory.features` of shape (batch, slots, "
                f"{units}) or (batch, slots, 2, {units}). Received shape: "
                f"{shape}"
            )
        if len(shape) == 3:
            return features, features
        return ops.unstack(features, axis=2)

    def get_config(self):
        return {
            **super().get_config(),
            "updates": self.updates,
            "beta": self.beta,
        }
