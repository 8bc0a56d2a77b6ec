"""Retrieval among the memories that share a word with the question."""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from memnet_tf.layers.retrieval import inverted_lists
from memnet_tf.layers.retrieval.retrieval import Retrieval
from memnet_tf.layers.rows import gather

_ARRAYS = ("bucket_of_word", "offsets", "slots")
_NO_SLOT = 2**31 - 1


class Candidates(NamedTuple):
    """The slots that are worth scoring for each question.

    Attributes:
        slots: int32 arrays, one a question, in ascending order.
        counts: int `(B,)`, how many there are. `N / counts` is how many
            times fewer slots are scored.
    """

    slots: Any
    counts: Any


@keras.saving.register_keras_serializable("memnet_tf")
class WordHashRetrieval(Retrieval):
    """Scores only the memories that share a word with the question.

    Hashing by words of Weston et al. 2014, section 3.3: each word is a
    bucket of the memories it occurs in, and a question looks into the
    buckets of its words. Those of rare words come first, where `shortlist`
    is less than what is in the buckets.

    `index_words` fills the buckets, from words alone: an index stays right
    however the keys change. It takes 4 bytes for each different word of
    each memory. It is saved with the layer.

    Args:
        vocabulary_size: `V`, number of word ids; 0 is padding.
        shortlist: entries of buckets looked at for a question, at most.
        metric: see `Retrieval`.

    Call arguments:
        query: `(B, d)`.
        k: how many slots to find, an int.
        keys: the live memory `(N, d)`.
        mask: bool `(N,)`, True where a slot is filled.
        words: int ids `(B, W)` of the questions.

    Output:
        See `Retrieval`.

    Example:

    >>> retrieval = WordHashRetrieval(vocabulary_size=6, shortlist=4)
    >>> retrieval.index_words(np.array([[2, 3], [4, 2], [5, 0]]))
    >>> candidates = retrieval.candidates(np.array([[2, 0]]))
    >>> candidates.slots[0].tolist(), candidates.counts.tolist()
    ([0, 1], [2])
    >>> keys, query = np.ones((3, 1)), np.ones((1, 1))
    >>> retrieved = retrieval(query, 3, keys, words=np.array([[4, 0]]))
    >>> retrieved.mask.numpy().tolist()
    [[True, False, False]]
    """

    def __init__(
        self,
        vocabulary_size,
        shortlist=4096,
        metric="inner_product",
        **kwargs,
    ):
        super().__init__(metric, **kwargs)
        self.vocabulary_size = vocabulary_size
        self.shortlist = shortlist
        self._hash: tuple = ()  # the bucket of each word, offsets and slots

    def __call__(self, query, k, keys, mask=None, words=None):
        # As in `Retrieval`: by name.
        return keras.Layer.__call__(
            self, query, k=k, keys=keys, mask=mask, words=words
        )

    def call(self, query, k, keys, mask=None, words=None):
        if not self._hash:
            raise ValueError(
                "Expected `index_words` to be called before. Received: no "
                "words of the memories"
            )
        if words is None or len(words.shape) != 2:
            raise ValueError(
                "Expected `words` of shape (batch, words). Received: "
                f"{None if words is None else tuple(words.shape)}"
            )
        return self.retrieve(query, k, keys, mask, words=words)

    def index_words(self, words, embeddings=None):
        """Fills the buckets.

        Args:
            words: int ids `(N, W)` of the memories, 0 where there is none.
            embeddings: for `ClusterHashRetrieval`.

        Raises:
            ValueError: an id is not in the vocabulary.
        """
        self._fill(words, np.arange(self.vocabulary_size, dtype="int32"))

    def _fill(self, words, bucket_of_word):
        """Fills the buckets, of which word `w` is in `bucket_of_word[w]`."""
        words = ops.convert_to_numpy(words)
        if words.size and not 0 <= words.min() <= words.max() < (
            self.vocabulary_size
        ):
            raise ValueError(
                f"Expected word ids from 0 to {self.vocabulary_size - 1}. "
                f"Received: {words.min()} to {words.max()}"
            )
        bucket_of_word[:1] = -1  # padding
        buckets = np.sort(bucket_of_word[words], axis=1)
        first = buckets >= 0  # of the entries of a memory in one bucket
        first[:, 1:] &= buckets[:, 1:] != buckets[:, :-1]
        slots = np.repeat(
            np.arange(len(words), dtype="int32"), first.sum(axis=1)
        )
        count = int(bucket_of_word.max(initial=0)) + 1
        offsets, slots = inverted_lists.build(buckets[first], slots, count)
        # One more, so that there is something to look at where all is empty.
        slots = np.append(slots, np.int32(0))
        self._keep(bucket_of_word, offsets, slots)

    def _keep(self, *arrays):
        self._hash = tuple(map(ops.convert_to_tensor, arrays))

    def candidates(self, words):
        """The memories that share a bucket with each question, all of them.

        Args:
            words: int ids `(B, W)` of the questions.

        Returns:
            `Candidates`.
        """
        *few, slots = self._hash
        bucket_of_word, offsets = map(ops.convert_to_numpy, few)
        found, nothing = [], np.zeros(0, "int32")
        for question in ops.convert_to_numpy(words):
            known = question[question < self.vocabulary_size]
            buckets = np.unique(bucket_of_word[known])
            lists = [
                ops.convert_to_numpy(
                    slots[offsets[bucket] : offsets[bucket + 1]]
                )
                for bucket in buckets[buckets >= 0]
            ]
            found.append(np.unique(np.concatenate([nothing, *lists])))
        return Candidates(found, np.array([len(slots) for slots in found]))

    def search(self, query, k, keys, mask, **more):
        bucket_of_word, offsets, slots = self._hash
        words = ops.cast(more["words"], "int32")
        known = words < self.vocabulary_size
        words = ops.where(known, words, 0)
        buckets = ops.take(bucket_of_word, words, axis=0)
        # The rarest first.
        order = ops.argsort(inverted_lists.lengths(offsets, buckets), axis=1)
        buckets = gather(buckets, ops.cast(order, "int32"))
        found, filled = inverted_lists.first_slots(
            offsets, slots, buckets, self.shortlist
        )
        # In order, what was found in two buckets stands side by side.
        found = ops.sort(ops.where(filled, found, _NO_SLOT), axis=1)
        again = ops.pad(found[:, 1:] == found[:, :-1], [(0, 0), (1, 0)])
        there = ops.logical_and(found != _NO_SLOT, ops.logical_not(again))
        found = ops.where(there, found, 0)
        return self.best_candidates(query, k, keys, mask, found, there)

    def save_own_variables(self, store):
        for name, array in zip(_ARRAYS, self._hash, strict=False):
            store[name] = ops.convert_to_numpy(array)

    def load_own_variables(self, store):
        if _ARRAYS[0] in store:
            self._keep(*[np.array(store[name]) for name in _ARRAYS])

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "shortlist": self.shortlist,
        }
