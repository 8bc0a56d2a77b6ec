"""Index refresh: a new index while the keys it was made of change."""

import keras
import numpy as np
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.retrieval.exact_retrieval import ExactRetrieval


class IndexRefresh(keras.callbacks.Callback):
    """Makes the index of a retrieval layer again as its keys are trained.

    Every `steps` steps, and, where `lowest_recall` is given, only if the
    recall has fallen below it: how many of the `k` slots that score highest
    for sample queries are found. An index is made at the start of training,
    too. NaN in the keys ends the training with the layer's error.

    Args:
        retrieval: a retrieval layer that has `index`.
        keys: the variable `(N, d)` that is searched; or a function that
            gives the keys as they are when it is called.
        steps: steps between two looks, an int. With `steps_per_execution`
            more of them may pass.
        lowest_recall: recall below which the index is made again; None to
            make it at every look.
        queries: `(Q, d)`, the sample that recall is measured on.
        k: slots that recall counts.
        mask: bool `(N,)`, True where a slot is filled.

    Attributes:
        refreshed: how often an index was made.
        recall: the recall that was measured last; None at first.

    Example:

    ```
    refresh = IndexRefresh(
        model.retrieval, model.keys, steps=100, lowest_recall=0.95, queries=q
    )
    model.fit(x, y, callbacks=[refresh])
    ```
    """

    def __init__(
        self,
        retrieval,
        keys,
        steps=1000,
        lowest_recall=None,
        queries=None,
        k=10,
        mask=None,
    ):
        super().__init__()
        positive_ints(steps=steps)
        if (lowest_recall is None) != (queries is None):
            raise ValueError(
                "Expected `queries` exactly where `lowest_recall` is given. "
                f"Received: lowest_recall={lowest_recall}, "
                f"queries={'none' if queries is None else 'some'}"
            )
        self.retrieval = retrieval
        self.keys = keys
        self.steps = steps
        self.lowest_recall = lowest_recall
        self.queries = queries
        self.k = k
        self.mask = mask
        self.refreshed = 0
        self.recall = None
        self._exact = ExactRetrieval(retrieval.metric)

    def on_train_begin(self, logs=None):
        self._looked = 0
        self._refresh()

    def on_train_batch_end(self, batch, logs=None):
        step = int(ops.convert_to_numpy(self.model.optimizer.iterations))
        if step - self._looked < self.steps:
            return
        self._looked = step
        if self.lowest_recall is not None:
            self.recall = self.measure()
            if self.recall >= self.lowest_recall:
                return
        self._refresh()

    def measure(self):
        """The recall now, from 0 to 1; 1 where there is nothing to find."""
        keys = self._keys()
        found = self.retrieval(self.queries, self.k, keys, self.mask)
        best = self._exact(self.queries, self.k, keys, self.mask)
        slots, mask = map(ops.convert_to_numpy, (found.slots, found.mask))
        slots = np.where(mask, slots, -1)
        wanted, there = map(ops.convert_to_numpy, (best.slots, best.mask))
        hits = np.any(wanted[:, :, None] == slots[:, None, :], axis=-1)
        return float((hits & there).sum() / max(there.sum(), 1))

    def _refresh(self):
        self.retrieval.index(self._keys(), self.mask)
        self.refreshed += 1

    def _keys(self):
        return self.keys() if callable(self.keys) else self.keys
