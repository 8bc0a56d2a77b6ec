"""A metric: how many sentences are said right."""

import keras
from keras import ops


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
