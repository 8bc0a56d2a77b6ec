"""I: memories learn of those before and after them."""

import keras
from keras import ops

from memnet_tf.layers import gated_recurrence
from memnet_tf.layers.rows import where


@keras.saving.register_keras_serializable("memnet_tf")
class InputFusion(keras.Layer):
    """Adds up what two readers, forwards and backwards, know at each slot.

    The input fusion layer of Xiong et al. 2016 (1603.01417, section 3.1):
    with `f_i` the features of slot `i`,

    1. `a_i = gru(f_i, a_{i-1})`, from the oldest slot on
    2. `b_i = gru(f_i, b_{i+1})`, from the newest slot back
    3. slot `a_i + b_i`

    It stands where a `TimeEncoding` would: it is done when the memory is
    read, so that a memory can still be written to.

    Call arguments:
        memory: a `Memory` with features `(B, S, d)`, in order of writing.

    Output:
        The `Memory` with its features fused; empty slots are skipped.

    Example:

    >>> memory = Append(slots=3)(np.ones((1, 2, 4), "float32"))
    >>> InputFusion()(memory).features.shape
    TensorShape([1, 3, 4])
    """

    def build(self, memory_shape):
        features_shape = memory_shape[0]  # a list where a file is loaded
        self.readers = [
            _Reader(dtype=self.dtype_policy, name=name)
            for name in ("forwards", "backwards")
        ]
        for reader in self.readers:
            reader.build(features_shape)

    def call(self, memory):
        forwards, backwards = self.readers
        back = [ops.flip(part, axis=1) for part in memory[:2]]
        fused = forwards(memory.features, memory.mask) + ops.flip(
            backwards(*back), axis=1
        )
        return memory._replace(features=where(memory.mask, fused, 0))

    def compute_output_spec(self, memory):
        return memory


class _Reader(keras.Layer):
    """The states of a gated recurrent unit after each slot that is filled."""

    def build(self, features_shape):
        units = features_shape[-1]
        self.of_feature, self.of_state = [
            self.add_weight(
                name=name,
                shape=(units, 3 * units),
                initializer="glorot_uniform",
            )
            for name in ("of_feature", "of_state")
        ]
        self.bias = self.add_weight(
            name="bias", shape=(3 * units,), initializer="zeros"
        )

    def call(self, features, mask):
        of_features = ops.add(ops.matmul(features, self.of_feature), self.bias)
        states = gated_recurrence.states(of_features, mask, self.of_state)
        return ops.cast(states, features.dtype)
