"""Retrieval among the memories with words like the question's."""

import keras

from memnet_tf.layers.retrieval.k_means import k_means, nearest
from memnet_tf.layers.retrieval.retrieval import finite_rows
from memnet_tf.layers.retrieval.word_hash_retrieval import WordHashRetrieval


@keras.saving.register_keras_serializable("memnet_tf")
class ClusterHashRetrieval(WordHashRetrieval):
    """Scores only memories with a word of a cluster of the question's words.

    Hashing by clusters of words of Weston et al. 2014, section 3.3: the
    embeddings of words are parted by k-means, and each cluster is a bucket.
    So a memory is found by a synonym, too.

    Args:
        vocabulary_size: `V`, number of word ids; 0 is padding.
        clusters: `K`, number of clusters.
        shortlist: see `WordHashRetrieval`.
        metric: see `Retrieval`.
        seed: of k-means.

    Call arguments:
        query, k, keys, mask, words: see `WordHashRetrieval`.

    Output:
        See `Retrieval`.

    Example:

    >>> retrieval = ClusterHashRetrieval(vocabulary_size=5, clusters=2)
    >>> embeddings = np.array([[0.0], [1.0], [1.1], [9.0], [9.1]])
    >>> retrieval.index_words(np.array([[1, 0], [3, 3]]), embeddings)
    >>> retrieval.candidates(np.array([[4, 0]])).slots[0].tolist()
    [1]
    """

    def __init__(
        self,
        vocabulary_size,
        clusters=1000,
        shortlist=4096,
        metric="inner_product",
        seed=0,
        **kwargs,
    ):
        super().__init__(vocabulary_size, shortlist, metric, **kwargs)
        self.clusters = clusters
        self.seed = seed

    def index_words(self, words, embeddings=None):
        """Fills the buckets.

        Args:
            words: int ids `(N, W)` of the memories, 0 where there is none.
            embeddings: `(V, d)`, of the words.

        Raises:
            ValueError: an id is not in the vocabulary, or an embedding is
                NaN or infinite.
        """
        if embeddings is None or len(embeddings) != self.vocabulary_size:
            received = None if embeddings is None else len(embeddings)
            raise ValueError(
                f"Expected `embeddings` of {self.vocabulary_size} words. "
                f"Received: {received}"
            )
        rows, _ = finite_rows(embeddings)
        centers = k_means(rows[1:], self.clusters, self.seed)
        self._fill(words, nearest(rows, centers))

    def get_config(self):
        return {
            **super().get_config(),
            "clusters": self.clusters,
            "seed": self.seed,
        }
