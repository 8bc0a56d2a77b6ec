"""O: every hop maps the state by a matrix of its own."""

import keras
from keras import ops

MAPPED = ("sum", "state")


@keras.saving.register_keras_serializable("memnet_tf")
class MappedUpdate(keras.Layer):
    """Maps the state and what was read by a matrix of the hop's own.

    `q_{k+1} = (q_k + o_k) R_k`, value reading of Miller et al. 2016
    (1606.03126, section 3.1). At first `R_k` is about the identity, so that
    words asked for are still told apart by the same features.

    With `mapped="state"` what was read is not mapped, `q_{k+1} = q_k R_k +
    o_k`, as Sukhbaatar et al. 2015 have it with one matrix for all hops
    (layer-wise tying, 1503.08895, section 2.2): so a hop can forget which
    entity was asked of and keep what was asked of it, while in a sum they are
    mapped alike.

    Args:
        hops: number of matrices. After later hops the state is the sum
            alone: where R answers with addresses, nothing would train a
            matrix of the last.
        mapped: `"sum"`, of the state and what was read, or `"state"`.

    Call arguments:
        state: `q`, `(B, d)`.
        read: `o`, `(B, d)`.
        hop: the hop, an int from 0.
        question: not used.

    Output:
        The next state `(B, d)`.

    Raises:
        ValueError: `hops` is below 0, or `mapped` is neither of the two.

    Example:

    >>> update = MappedUpdate(hops=2)
    >>> update.build((None, 1))
    >>> update.set_weights([np.array([[1.0]]), np.array([[3.0]])])
    >>> update(np.array([[1.0]]), np.array([[4.0]]), hop=1).numpy().tolist()
    [[15.0]]
    """

    def __init__(self, hops=1, mapped="sum", **kwargs):
        super().__init__(**kwargs)
        if hops < 0:
            raise ValueError(
                f"Expected `hops` to be at least 0. Received: {hops}"
            )
        if mapped not in MAPPED:
            raise ValueError(
                f"Expected `mapped` to be one of {MAPPED}. Received: {mapped!r}"
            )
        self.hops = hops
        self.mapped = mapped

    def build(self, state_shape, read_shape=None):
        units = state_shape[-1]
        self.maps = [
            self.add_weight(
                name=f"map_{hop}",
                shape=(units, units),
                initializer=_near_identity,
            )
            for hop in range(self.hops)
        ]

    def call(self, state, read, hop=0, question=None):
        if hop >= self.hops:
            return state + read
        if self.mapped == "state":
            return ops.matmul(state, self.maps[hop]) + read
        return ops.matmul(state + read, self.maps[hop])

    def get_config(self):
        return {
            **super().get_config(),
            "hops": self.hops,
            "mapped": self.mapped,
        }


def _near_identity(shape, dtype=None):
    noise = keras.random.normal(shape, stddev=0.1, dtype=dtype)
    return ops.eye(*shape, dtype=dtype) + noise
