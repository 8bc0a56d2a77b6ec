"""O: a hop's gate says how much of the state is replaced by what was read."""

import keras

from memnet_tf.checks import positive_ints


@keras.saving.register_keras_serializable("memnet_tf")
class GatedUpdate(keras.Layer):
    """Blends what was read into the state (Liu & Perez 2017, section 3).

    With state `u` and what hop `k` read, `o`:

    1. gate `t = sigmoid(W_k u + b_k)`
    2. next state `t * o + (1 - t) * u`

    Args:
        gates: number of gates: that of the hops, for each its own, or 1 for
            a gate that all hops share.

    Call arguments:
        state: `u`, `(B, d)`.
        read: `o`, `(B, d)`.
        hop: the hop, an int below `gates`; with one gate any.
        question: not used.

    Output:
        The next state `(B, d)`.

    Raises:
        ValueError: `gates` is not a positive int.

    Example:

    >>> update = GatedUpdate()
    >>> update.build((None, 2))
    >>> update.set_weights([np.zeros((2, 2)), np.array([0.0, 99.0])])
    >>> update(np.array([[1.0, 1.0]]), np.array([[3.0, 3.0]])).numpy().tolist()
    [[2.0, 3.0]]
    """

    def __init__(self, gates=1, **kwargs):
        super().__init__(**kwargs)
        positive_ints(gates=gates)
        self.gates = gates

    def build(self, state_shape, read_shape=None):
        # As the paper begins: gates somewhat more open than closed.
        self.gate_maps = [
            keras.layers.Dense(
                state_shape[-1],
                activation="sigmoid",
                kernel_initializer=keras.initializers.RandomNormal(0, 0.1),
                bias_initializer=keras.initializers.RandomNormal(0.5, 0.1),
                dtype=self.dtype_policy,
                name=f"gate_{gate}",
            )
            for gate in range(self.gates)
        ]
        for gate_map in self.gate_maps:
            gate_map.build(state_shape)

    def call(self, state, read, hop=0, question=None):
        gate = self.gate_maps[hop if self.gates > 1 else 0](state)
        return gate * read + (1 - gate) * state

    def get_config(self):
        return {**super().get_config(), "gates": self.gates}
