"""Retrieval that compares the query with every slot."""

import keras
from keras import ops

from memnet_tf.layers.retrieval import scoring
from memnet_tf.layers.retrieval.retrieval import Retrieval
from memnet_tf.layers.retrieval.top_k import best_rows


@keras.saving.register_keras_serializable("memnet_tf")
class ExactRetrieval(Retrieval):
    """Finds the slots that score highest, all of them compared.

    Needs no index, so it never misses a slot that was just written. See
    `memnet_tf.layers.retrieval.top_k` for how a large memory is scanned.

    Args:
        metric: see `Retrieval`.

    Call arguments:
        query: `(B, d)`.
        k: how many slots to find, an int.
        keys: `(N, d)`, a memory that the batch shares, or `(B, N, d)`.
        mask: bool `(N,)` or `(B, N)`, True where a slot is filled.

    Output:
        See `Retrieval`.

    Example:

    >>> keys = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    >>> retrieved = ExactRetrieval()(np.array([[1.0, 0.1]]), 2, keys)
    >>> retrieved.slots.numpy().tolist(), retrieved.scores.numpy().tolist()
    ([[2, 0]], [[3.0, 1.0]])
    """

    ranks = (2, 3)

    def search(self, query, k, keys, mask, **more):
        if len(keys.shape) == 2:
            return best_rows(query, k, keys, mask, self.metric), None
        scores = scoring.of_rows(query, keys, self.metric)
        _, slots = ops.top_k(
            scoring.hidden(scores, mask), min(k, keys.shape[1])
        )
        return slots, None
