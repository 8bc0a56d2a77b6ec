import numpy as np
import pytest

from memnet_tf.layers import BagOfNgrams, BagOfWords


def _ngrams(sentence, **arguments):
    layer = BagOfNgrams(10, 4, buckets=1000, **arguments)
    return layer.entries(np.array([sentence]))[0].numpy().tolist()


def test_words_come_first_then_pairs_then_triples():
    ids = _ngrams([1, 2, 3])
    assert ids[:3] == [1, 2, 3]
    assert len(ids) == 3 + 2 + 1
    assert all(10 <= ngram < 1010 for ngram in ids[3:])
    assert len(set(ids)) == 6


def test_the_same_ngram_has_the_same_id_wherever_it_stands():
    ids = _ngrams([1, 2, 3, 1, 2, 3], n=3)
    pairs, triples = ids[6:11], ids[11:]
    assert pairs[0] == pairs[3] and pairs[1] == pairs[4]
    assert triples[0] == triples[3]


def test_order_makes_another_ngram():
    assert _ngrams([1, 2], n=2)[2] != _ngrams([2, 1], n=2)[2]


def test_ngrams_that_reach_into_padding_are_padding():
    assert _ngrams([1, 2, 0, 0])[4:] == [_ngrams([1, 2])[2], 0, 0, 0, 0]


def test_padding_changes_no_feature():
    layer = BagOfNgrams(10, 4)
    expected = layer(np.array([[1, 2, 3]]))
    received = layer(np.array([[1, 2, 3, 0, 0]]))
    np.testing.assert_allclose(received, expected, atol=1e-6)
    assert not np.any(layer(np.array([[0, 0, 0]])))


def test_features_are_the_sum_over_words_and_ngrams():
    layer = BagOfNgrams(10, 4, n=2)
    ids = np.array([[3, 5]])
    pair = layer.entries(ids)[0, 2]
    table = layer(ids) * 0 + layer.table(0)[3]  # builds the layer, too
    expected = table + layer.table(0)[5] + layer.table(0)[pair]
    np.testing.assert_allclose(layer(ids), expected, atol=1e-6)


def test_words_alone_are_a_bag_of_words():
    ngrams, words = BagOfNgrams(10, 4, n=1), BagOfWords(10, 4)
    ids = np.array([[[1, 2, 9], [4, 0, 0]]])
    words(ids), ngrams(ids)
    words.embeddings.assign(ngrams.embeddings[:10])
    np.testing.assert_allclose(ngrams(ids), words(ids), atol=1e-6)


def test_a_sentence_shorter_than_n_has_the_ngrams_that_fit():
    assert len(_ngrams([4, 5], n=3)) == 3
    assert _ngrams([4], n=3) == [4]


@pytest.mark.parametrize("name", ["n", "buckets"])
def test_sizes_must_be_positive_ints(name):
    with pytest.raises(ValueError, match=f"Expected `{name}`.*Received: 0"):
        BagOfNgrams(10, 4, **{name: 0})
