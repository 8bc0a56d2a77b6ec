"""O: every hop maps the state by a matrix of its own."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints


@keras.saving.register_keras_serializable("memnet_tf")
class MappedUpdate(keras.Layer):
    """Maps the state and what was read by a matrix of the hop's own.

    `q_{k+1} = (q_k + o_k) R_k`, value reading of Miller et al. 2016
    (1606.03126, section 3.1). At first `R_k` is about the identity, so that
    words asked for are still told apart by the same features.

    With `kept` features the state keeps the last of them alone, by an `R_k`
    of their size, and what was read is not mapped: `q_{k+1} = q_k R_k + o_k`,
    as with layer-wise tying (Sukhbaatar et al. 2015, section 2.2). So a hop
    forgets which entity was asked of and keeps what was asked of it, where
    `layers.EntityEncoding` has features for either; in a sum they are mapped
    alike.

    Args:
        hops: number of matrices. After later hops the state is the sum
            alone: where R answers with addresses, nothing would train a
            matrix of the last.
        kept: features of the state that are kept, the last; None to map the
            sum of all.

    Call arguments:
        state: `q`, `(B, d)`.
        read: `o`, `(B, d)`.
        hop: the hop, an int from 0.
        question: not used.

    Output:
        The next state `(B, d)`.

    Raises:
        ValueError: `hops` is below 0, or `kept` is not a positive int, or
            more than the features of the state.

    Example:

    >>> update = MappedUpdate(hops=2)
    >>> update.build((None, 1))
    >>> update.set_weights([np.array([[1.0]]), np.array([[3.0]])])
    >>> update(np.array([[1.0]]), np.array([[4.0]]), hop=1).numpy().tolist()
    [[15.0]]
    """

    def __init__(self, hops=1, kept=None, **kwargs):
        super().__init__(**kwargs)
        if hops < 0:
            raise ValueError(
                f"Expected `hops` to be at least 0. Received: {hops}"
            )
        if kept is not None:
            positive_ints(kept=kept)
        self.hops = hops
        self.kept = kept

    def build(self, state_shape, read_shape=None):
        units = self.kept or state_shape[-1]
        if units > state_shape[-1]:
            raise ValueError(
                f"Expected `kept` to be at most {state_shape[-1]}, the "
                f"features of the state. Received: {self.kept}"
            )
        self.maps = [
            self.add_weight(
                name=f"map_{hop}",
                shape=(units, units),
                initializer="identity" if self.kept else _near_identity,
            )
            for hop in range(self.hops)
        ]

    def call(self, state, read, hop=0, question=None):
        if hop >= self.hops:
            return state + read
        if self.kept is None:
            return ops.matmul(state + read, self.maps[hop])
        kept = ops.matmul(state[:, -self.kept :], self.maps[hop])
        forgotten = state.shape[-1] - self.kept
        return ops.pad(kept, [(0, 0), (forgotten, 0)]) + read

    def get_config(self):
        return {**super().get_config(), "hops": self.hops, "kept": self.kept}


def _near_identity(shape, dtype=None):
    noise = keras.random.normal(shape, stddev=0.1, dtype=dtype)
    return ops.eye(*shape, dtype=dtype) + noise
