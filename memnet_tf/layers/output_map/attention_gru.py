"""O: what a hop reads, read in order."""

import keras
from keras import ops

from memnet_tf.layers import gated_recurrence


@keras.saving.register_keras_serializable("memnet_tf")
class AttentionGRU(keras.Layer):
    """Reads slots in order, as far as they are addressed.

    The attention based GRU of Xiong et al. 2016 (1603.01417, section 3.3),
    in which the address `g_i` of a slot stands in place of the update gate,
    so that the order of what is read counts. With values `f_i` and state `h`,
    at first 0, from the oldest slot on:

    1. `r = sigmoid(W_r f_i + U_r h + b_r)`
    2. `c = tanh(W f_i + r * (U h) + b)`
    3. `h <- g_i c + (1 - g_i) h`

    Call arguments:
        values: `f`, `(B, S, d)`, in order of writing.
        addresses: `g`, `(B, S)`; a slot of address 0 is skipped.

    Output:
        The last state `(B, d)`.

    Example:

    >>> AttentionGRU()(np.ones((1, 3, 4)), np.ones((1, 3))).shape
    TensorShape([1, 4])
    """

    def build(self, values_shape, addresses_shape=None):
        units = values_shape[-1]
        self.of_value = self.add_weight(
            name="of_value",
            shape=(units, 2 * units),
            initializer="glorot_normal",
        )
        self.of_state = self.add_weight(
            name="of_state",
            shape=(units, 2 * units),
            initializer="glorot_normal",
        )
        self.bias = self.add_weight(
            name="bias", shape=(2 * units,), initializer="zeros"
        )

    def call(self, values, addresses):
        of_values = ops.add(ops.matmul(values, self.of_value), self.bias)
        states = gated_recurrence.states(of_values, addresses, self.of_state)
        return ops.cast(states[:, -1], values.dtype)

    def compute_output_shape(self, values_shape, addresses_shape):
        return (values_shape[0], values_shape[-1])
