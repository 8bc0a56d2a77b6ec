"""O: score the window of slots before every place of a run."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.output_map import windows


@keras.saving.register_keras_serializable("memnet_tf")
class WindowScore(keras.Layer):
    """Scores slots by key and age, `s_i = u . (k_i + T(i))`.

    The slots of the `L` questions of a run are windows of `S`, each a slot
    further than the one before: the `N = S + L - 1` keys of a run are made
    once and compared as one product, where `L` memories would hold `L S`.
    Ages are compared apart, for they differ by window.

    Args:
        slots: `S`, slots in a window.
        stddev: standard deviation of the vectors of ages at first.
        recency: how much less, times `log n`, every feature of the age of
            the `n`-th newest slot is at first. Where the features of a state
            add up to `1 / recency`, addresses begin as `1 / n`.

    Call arguments:
        question: not used.
        state: `u`, `(R L, d)`, the windows of a run one after the other.
        keys: `(R, N, d)`, of `R` runs.

    Output:
        Scores `(R L, S)`, the newest slot last.

    Example:

    >>> keys = np.array([[[1.0], [2.0], [3.0]]])
    >>> state = np.array([[1.0], [10.0]])
    >>> WindowScore(slots=2, stddev=0.0)(state, state, keys).numpy().tolist()
    [[1.0, 2.0], [20.0, 30.0]]
    """

    def __init__(self, slots, stddev=0.1, recency=0.0, **kwargs):
        super().__init__(**kwargs)
        positive_ints(slots=slots)
        self.slots = slots
        self.stddev = stddev
        self.recency = recency

    def build(self, question_shape, state_shape=None, keys_shape=None):
        self.ages = self.add_weight(
            name="ages",  # T, the newest last
            shape=(self.slots, question_shape[-1]),
            initializer=self._ages_at_first,
        )

    def _ages_at_first(self, shape, dtype=None):
        noise = keras.initializers.RandomNormal(stddev=self.stddev)
        newest = ops.cast(ops.arange(self.slots, 0, -1), dtype)[:, None]
        return noise(shape, dtype) - self.recency * ops.log(newest)

    def call(self, question, state, keys):
        run, units = ops.shape(keys)[1:]
        states = ops.reshape(state, (-1, run - self.slots + 1, units))
        products = ops.einsum("rld,rnd->rln", states, keys)
        scores = windows.of_run(products, self.slots)
        scores = ops.reshape(scores, (-1, self.slots))
        return scores + ops.matmul(state, ops.transpose(self.ages))

    def get_config(self):
        return {
            **super().get_config(),
            "slots": self.slots,
            "stddev": self.stddev,
            "recency": self.recency,
        }
