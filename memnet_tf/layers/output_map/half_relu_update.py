"""O: a hop maps its state, adds what it read and activates half of the sum."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("memnet_tf")
class HalfReLUUpdate(keras.Layer):
    """Rectifies the second half of `H u + o`, and leaves the first linear.

    How MemN2N reads as a language model (Sukhbaatar et al. 2015, section
    5): hops are tied layer-wise, by one matrix `H`, and half of the units
    are rectified. Of an odd number the greater part is.

    Args:
        stddev: standard deviation of `H` at first.

    Call arguments:
        state: `u`, `(B, d)`.
        read: `o`, `(B, d)`.
        hop: not used, all hops share `H`.
        question: not used.

    Output:
        The next state `(B, d)`.

    Example:

    >>> update = HalfReLUUpdate()
    >>> update.build((None, 2))
    >>> update.set_weights([np.eye(2)])
    >>> update(
    ...     np.array([[1.0, 1.0]]), np.array([[-3.0, -3.0]])
    ... ).numpy().tolist()
    [[-2.0, 0.0]]
    """

    def __init__(self, stddev=0.1, **kwargs):
        super().__init__(**kwargs)
        self.stddev = stddev

    def build(self, state_shape, read_shape=None):
        units = state_shape[-1]
        self.state_map = self.add_weight(
            name="state_map",  # H
            shape=(units, units),
            initializer=keras.initializers.RandomNormal(stddev=self.stddev),
        )

    def call(self, state, read, hop=0, question=None):
        total = ops.matmul(state, self.state_map) + read
        units = total.shape[-1]
        linear = ops.arange(units) < units // 2
        return ops.where(linear, total, ops.relu(total))

    def get_config(self):
        return {**super().get_config(), "stddev": self.stddev}
