"""Metrics of memory networks."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("memnet_tf")
class HitsAtOne(keras.metrics.Mean):
    """The share of questions whose best choice is one of the right ones.

    Call arguments:
        y_true: `(B, N)`, above 0 where a choice is right.
        y_pred: scores `(B, N)`.

    Example:

    >>> metric = HitsAtOne()
    >>> metric.update_state([[1, 1, 0], [0, 1, 0]], [[0, 5, 1], [2, 1, 1]])
    >>> float(metric.result())
    0.5
    """

    def __init__(self, name="hits_at_1", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        best = ops.expand_dims(ops.argmax(y_pred, axis=-1), -1)
        right = ops.cast(ops.cast(y_true, "int32") > 0, self.dtype)
        hits = ops.take_along_axis(right, best, axis=-1)[..., 0]
        super().update_state(hits, sample_weight)
