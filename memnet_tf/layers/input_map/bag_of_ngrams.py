"""I: a bag of short sequences of words."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.input_map.bag_of_words import BagOfWords

_MIXING = 40503  # Knuth's multiplicative constant for 16 bits


@keras.saving.register_keras_serializable("memnet_tf")
class BagOfNgrams(BagOfWords):
    """Sums the embeddings of a sentence's words and n-grams.

    The bag of 1-, 2- and 3-grams of Weston et al. 2015 (arXiv 1502.05698,
    section 5), with n-grams hashed to a bounded number of embeddings.

    Args:
        vocabulary_size: `V`, number of word ids; id 0 is padding.
        units: `d`, the size of an embedding.
        tables: see `BagOfWords`.
        n: length of the longest n-gram.
        buckets: embeddings that the n-grams of two and more words share.

    Call arguments:
        ids: int `(B, ..., W)`; words come first, padding last.

    Output:
        Features `(B, ..., d)`, or `(B, ..., E, d)` with `tables`.
    """

    def __init__(
        self,
        vocabulary_size,
        units,
        tables=None,
        n=3,
        buckets=2048,
        **kwargs,
    ):
        super().__init__(vocabulary_size, units, tables, **kwargs)
        positive_ints(n=n, buckets=buckets)
        self.n = n
        self.buckets = buckets

    @property
    def rows(self):
        return self.vocabulary_size + self.buckets

    def entries(self, ids):
        """Ids of words and n-grams, `(B, ..., W + (W - 1) + ...)`."""
        return with_ngrams(ids, self.n, self.vocabulary_size, self.buckets)

    def get_config(self):
        return {**super().get_config(), "n": self.n, "buckets": self.buckets}


def with_ngrams(ids, n, vocabulary_size, buckets):
    """Word ids and those of their n-grams, which come after the vocabulary.

    Args:
        ids: int `(B, ..., W)`; words come first, padding last.
        n: length of the longest n-gram.
        vocabulary_size: `V`, number of word ids.
        buckets: ids that the n-grams of two and more words share.

    Returns:
        Ids `(B, ..., W + (W - 1) + ...)`, below `V + buckets`; 0 where there
        is no word or n-gram.

    Example:

    >>> ids = with_ngrams(
    ...     np.array([[2, 3, 0]]), 2, vocabulary_size=4, buckets=1
    ... )
    >>> ids.numpy().tolist()
    [[2, 3, 0, 4, 0]]
    """
    length = ids.shape[-1]
    grams, key = [ids], ids
    for words in range(2, min(n, length) + 1):
        last = ids[..., words - 1 :]
        key = (key[..., : length - words + 1] * _MIXING + last) % (2**15 - 19)
        gram = vocabulary_size + key % buckets
        grams.append(ops.where(ops.equal(last, 0), 0, gram))
    return ops.concatenate(grams, axis=-1)
