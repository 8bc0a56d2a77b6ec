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


@keras.saving.register_keras_serializable("memnet_tf")
class SentenceAccuracy(keras.metrics.MeanMetricWrapper):
    """The share of sentences of which every word is right.

    Where the words before are given (teacher forcing) it is the share that
    is said right without: the likeliest word is right at every place exactly
    where the sentence is that of the likeliest words.

    Call arguments:
        y_true: int `(B, T)`, words; what is below 0 does not matter.
        y_pred: logits `(B, T, V)`.

    Example:

    >>> accuracy = SentenceAccuracy()
    >>> words = np.array([[2, 0, -1], [1, 2, 0]])
    >>> accuracy.update_state(words, np.eye(3)[[[2, 0, 1], [1, 1, 0]]])
    >>> float(accuracy.result())
    0.5
    """

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(_said_right, name=name, dtype=dtype)

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype}


def _said_right(y_true, y_pred):
    said = ops.argmax(y_pred, axis=-1)
    words = ops.cast(y_true, said.dtype)
    right = ops.logical_or(ops.equal(said, words), ops.less(words, 0))
    return ops.cast(ops.all(right, axis=-1), "float32")
