"""O: read the window of slots before every place of a run."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.output_map import windows


@keras.saving.register_keras_serializable("memnet_tf")
class WindowRead(keras.Layer):
    """Reads slots with their age, `o = sum_i p_i (v_i + T(i))`.

    See `WindowScore`, which has the same windows.

    Args:
        slots: `S`, slots in a window.
        stddev: standard deviation of the vectors of ages at first.

    Call arguments:
        values: `(R, N, d)`, of `R` runs.
        addresses: `p`, `(R L, S)`, the newest slot last.

    Output:
        `(R L, d)`, the windows of a run one after the other.

    Example:

    >>> values = np.array([[[1.0], [2.0], [3.0]]])
    >>> read = WindowRead(slots=2, stddev=0.0)
    >>> read(values, np.array([[0.5, 0.5], [0.0, 1.0]])).numpy().tolist()
    [[1.5], [3.0]]
    """

    def __init__(self, slots, stddev=0.1, **kwargs):
        super().__init__(**kwargs)
        positive_ints(slots=slots)
        self.slots = slots
        self.stddev = stddev

    def build(self, values_shape, addresses_shape=None):
        self.ages = self.add_weight(
            name="ages",  # T, the newest last
            shape=(self.slots, values_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=self.stddev),
        )

    def call(self, values, addresses):
        run, units = ops.shape(values)[1:]
        count = run - self.slots + 1
        of_runs = ops.reshape(addresses, (-1, count, self.slots))
        of_runs = windows.in_run(of_runs)
        read = ops.einsum("rln,rnd->rld", of_runs, values)
        read = ops.reshape(read, (-1, units))
        return read + ops.matmul(addresses, self.ages)

    def get_config(self):
        return {
            **super().get_config(),
            "slots": self.slots,
            "stddev": self.stddev,
        }
