"""Losses of memory networks."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("memnet_tf")
class MarginRanking(keras.losses.Loss):
    """`max(0, margin - s(true) + s(f))`, summed over wrong choices `f`.

    The margin ranking of Weston et al. 2014, eq. 6 to 8. A sample of the
    wrong choices stands for all, as in the paper's training. A label below
    0 (nothing to choose) costs nothing, and neither does a wrong choice that
    is hidden, with a score of -3e4.

    Args:
        margin: by how much the true choice should win.
        negatives: wrong choices drawn for each true one; None for all.

    Call arguments:
        y_true: int `(...)`, the true choice.
        y_pred: scores `(..., N)`.
    """

    def __init__(
        self,
        margin=0.1,
        negatives=None,
        name="margin_ranking",
        reduction="sum",
        **kwargs,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.margin = margin
        self.negatives = negatives
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, y_true, y_pred):
        y_true, chosen, known = self._one_hot(y_true, y_pred.shape[-1])
        true = ops.sum(ops.where(chosen, y_pred, 0), axis=-1, keepdims=True)
        hinge = ops.relu(self.margin - true + y_pred)
        wrong = ops.logical_and(ops.logical_not(chosen), y_pred > -1e4)
        return ops.sum(hinge * self.sample(wrong), axis=-1) * known

    def sample(self, wrong):
        """Weights of the wrong choices `(..., N)`: 1 if drawn, else 0."""
        if self.negatives is None or self.negatives >= wrong.shape[-1]:
            return ops.cast(wrong, "float32")
        noise = keras.random.uniform(ops.shape(wrong), seed=self.seed_generator)
        noise = ops.where(wrong, noise, -1.0)
        least = ops.top_k(noise, self.negatives)[0][..., -1:]
        drawn = ops.logical_and(wrong, noise >= least)
        return ops.cast(drawn, "float32")

    def _one_hot(self, y_true, size):
        y_true = ops.cast(y_true, "int32")
        chosen = ops.expand_dims(y_true, -1) == ops.arange(size, dtype="int32")
        return y_true, chosen, ops.cast(y_true >= 0, "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "margin": self.margin,
            "negatives": self.negatives,
        }


@keras.saving.register_keras_serializable("memnet_tf")
class PairwiseMarginRanking(MarginRanking):
    """Margin ranking of slots that are compared in pairs.

    With `s(y, y')` by how much slot `y` is preferred to `y'`, a wrong slot
    `f` costs `max(0, margin - s(true, f))` where it is newer than the true
    one, and `max(0, margin + s(f, true))` where it is older. The losses of
    Weston et al. 2014, section 3.4, have both terms for every `f`; but a
    sweep only asks whether an older slot beats a newer one, and features of
    age that are 0 or 1 cannot satisfy the comparisons it never makes.

    Call arguments:
        y_true: int `(...)`, the true slot.
        y_pred: preferences `(..., S, S)`; a slot that is hidden has -3e4
            in its row.
    """

    def __init__(
        self,
        margin=0.1,
        negatives=None,
        name="pairwise_margin_ranking",
        **kwargs,
    ):
        super().__init__(margin, negatives, name=name, **kwargs)

    def call(self, y_true, y_pred):
        y_true, chosen, known = self._one_hot(y_true, y_pred.shape[-1])
        true = ops.expand_dims(ops.cast(chosen, y_pred.dtype), -1)
        for_true = ops.sum(y_pred * true, axis=-2)  # s(true, f)
        against = ops.sum(y_pred * ops.swapaxes(true, -1, -2), axis=-1)
        slot = ops.arange(y_pred.shape[-1], dtype="int32")
        older = slot < ops.expand_dims(y_true, -1)
        wins = ops.where(older, -against, for_true)
        wrong = ops.logical_and(ops.logical_not(chosen), against > -1e4)
        hinge = ops.relu(self.margin - wins) * self.sample(wrong)
        return ops.sum(hinge, axis=-1) * known


@keras.saving.register_keras_serializable("memnet_tf")
class AnyAnswer(keras.losses.Loss):
    """`-log sum_{i right} p_i`: any of several right choices will do.

    `p` is the softmax of the scores. Where a question has a set of answers,
    or an answer stands in several memories, nobody needs to say which of them
    is to be chosen. Where none is right, a question costs nothing.

    Call arguments:
        y_true: `(B, N)`, above 0 where a choice is right.
        y_pred: scores `(B, N)`.

    Example:

    >>> loss = AnyAnswer()
    >>> scores = np.log([[0.5, 0.25, 0.25]])
    >>> round(float(loss([[0, 1, 1]], scores) / np.log(2)), 4)
    1.0
    """

    def __init__(self, name="any_answer", reduction="sum", **kwargs):
        super().__init__(name=name, reduction=reduction, **kwargs)

    def call(self, y_true, y_pred):
        right = ops.convert_to_tensor(y_true) > 0
        hidden = ops.where(right, y_pred, ops.cast(-3e4, y_pred.dtype))
        cost = ops.logsumexp(y_pred, axis=-1) - ops.logsumexp(hidden, axis=-1)
        return ops.where(ops.any(right, axis=-1), cost, 0)


@keras.saving.register_keras_serializable("memnet_tf")
def word_cross_entropy(y_true, y_pred):
    """`log sum_v exp(s_v) - s_y`, of every word `y` with the scores `s`.

    As `keras.losses.sparse_categorical_crossentropy` of logits, in fewer
    passes over them: with 10,000 words, passes take longer than products.

    Args:
        y_true: int `(...)`, words.
        y_pred: logits `(..., V)`.

    Returns:
        Float32 `(...)`, in nats.

    Example:

    >>> word_cross_entropy(np.array([1]), np.log([[0.5, 0.5]])).numpy().round(4)
    array([0.6931], dtype=float32)
    """
    logits = ops.cast(y_pred, "float32")
    words = ops.expand_dims(ops.cast(y_true, "int32"), -1)
    said = ops.take_along_axis(logits, words, axis=-1)[..., 0]
    return ops.logsumexp(logits, axis=-1) - said


@keras.saving.register_keras_serializable("memnet_tf")
class WordCrossEntropy(keras.losses.Loss):
    """`word_cross_entropy`, summed over words.

    Call arguments:
        y_true: int `(B, T)`, words.
        y_pred: logits `(B, T, V)`.

    Example:

    >>> loss = WordCrossEntropy()
    >>> round(float(loss(np.array([[1, 0]]), np.log([[[0.5, 0.5]] * 2]))), 4)
    1.3863
    """

    def __init__(self, name="word_cross_entropy", reduction="sum", **kwargs):
        super().__init__(name=name, reduction=reduction, **kwargs)

    def call(self, y_true, y_pred):
        return word_cross_entropy(y_true, y_pred)
