"""O: a hop activates the sum of the state and what was read."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("memnet_tf")
class PReLUUpdate(keras.Layer):
    """Activates the state and a map of what was read, `prelu(u + H o)`.

    The inner part of the answer of Henaff et al. 2016 (1612.03969, section
    2.3), `y = R prelu(q + H o)`. Below 0, feature `i` is multiplied by a
    learned slope, at first 1.

    Call arguments:
        state: `u`, `(B, d)`.
        read: `o`, `(B, d)`.
        hop: not used, all hops share the weights.
        question: not used.

    Output:
        The next state `(B, d)`.

    Example:

    >>> update = PReLUUpdate()
    >>> update.build((None, 2))
    >>> update.set_weights([np.eye(2), np.array([0.5, 0.5])])
    >>> update(np.array([[1.0, 1.0]]), np.array([[2.0, -3.0]])).numpy().tolist()
    [[3.0, -1.0]]
    """

    def build(self, state_shape, read_shape=None):
        units = state_shape[-1]
        self.of_read = self.add_weight(
            name="of_read",
            shape=(units, units),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
        )
        self.slope = self.add_weight(
            name="slope", shape=(units,), initializer="ones"
        )

    def call(self, state, read, hop=0, question=None):
        total = state + ops.matmul(read, self.of_read)
        return ops.where(total < 0, ops.multiply(self.slope, total), total)
