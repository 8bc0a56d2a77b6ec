"""O: a hop makes its state of the last, the question and what it read."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints


@keras.saving.register_keras_serializable("memnet_tf")
class ReLUUpdate(keras.Layer):
    """A layer of its own for every hop, `relu(W_k [u, o, q] + b_k)`.

    The untied memory update of Xiong et al. 2016 (1603.01417, section 3.3).

    Args:
        hops: number of hops.

    Call arguments:
        state: `u`, `(B, d)`.
        read: `o`, `(B, d)`.
        hop: the hop, an int below `hops`.
        question: `q`, `(B, d)`.

    Output:
        The next state `(B, d)`.

    Raises:
        ValueError: `hops` is not a positive int.

    Example:

    >>> update = ReLUUpdate()
    >>> update.build((None, 1))
    >>> update.set_weights([np.array([[1.0], [2.0], [-3.0]]), np.zeros(1)])
    >>> one = np.ones((1, 1))
    >>> update(5 * one, 4 * one, question=3 * one).numpy().tolist()
    [[4.0]]
    """

    def __init__(self, hops=1, **kwargs):
        super().__init__(**kwargs)
        positive_ints(hops=hops)
        self.hops = hops

    def build(self, state_shape, read_shape=None, question_shape=None):
        units = state_shape[-1]
        self.maps = [
            keras.layers.Dense(
                units,
                activation="relu",
                kernel_initializer="glorot_normal",
                dtype=self.dtype_policy,
                name=f"map_{hop}",
            )
            for hop in range(self.hops)
        ]
        for layer in self.maps:
            layer.build((None, 3 * units))

    def call(self, state, read, hop=0, question=None):
        together = ops.concatenate([state, read, question], axis=-1)
        return self.maps[hop](together)

    def get_config(self):
        return {**super().get_config(), "hops": self.hops}
