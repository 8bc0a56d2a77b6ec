import numpy as np
import pytest

from memnet_tf.layers import PositionEncoding

UNITS = 3
TABLE = np.random.default_rng(0).normal(size=(6, UNITS)).astype("float32")


def _layer(tables=None, **arguments):
    layer = PositionEncoding(6, UNITS, tables, **arguments)
    layer.build((None, None))
    layer.embeddings.assign(np.tile(TABLE, tables or 1))
    return layer


def _paper(sentence):
    """sum_j l_j * A x_j with l_kj = (1 - j/J) - (k/d) (1 - 2j/J)."""
    words = [word for word in sentence if word]
    total = np.zeros(UNITS)
    for j, word in enumerate(words, start=1):
        for k in range(1, UNITS + 1):
            share = j / len(words)
            weight = (1 - share) - k / UNITS * (1 - 2 * share)
            total[k - 1] += weight * TABLE[word, k - 1]
    return total


def _published(sentence):
    """sum_j l_j * A x_j as the authors' program weighs."""
    total = np.zeros(UNITS)
    length = len(sentence)
    for j, word in enumerate(sentence, start=1):
        for k in range(1, UNITS + 1):
            weight = (k - (UNITS + 1) / 2) * (j - (length + 1) / 2)
            weight = 1 + 4 * weight / UNITS / length
            total[k - 1] += (word > 0) * weight * TABLE[word, k - 1]
    return total


SENTENCES = np.array([[1, 2, 3, 4], [5, 1, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0]])


@pytest.mark.parametrize("words", [4, 7])
def test_the_papers_formula_counts_the_words_of_the_sentence(words):
    ids = np.pad(SENTENCES, [(0, 0), (0, words - 4)])
    expected = [_paper(sentence) for sentence in SENTENCES]
    np.testing.assert_allclose(_layer()(ids), expected, atol=1e-6)


@pytest.mark.parametrize("words", [4, 7])
def test_the_published_codes_formula_counts_the_padding_too(words):
    ids = np.pad(SENTENCES, [(0, 0), (0, words - 4)])
    expected = [_published(sentence) for sentence in ids]
    received = _layer(formula="published_code")(ids)
    np.testing.assert_allclose(received, expected, atol=1e-6)


def test_one_word_by_hand():
    # J = 1, d = 3: l = (1 - 1) - (k/3) (1 - 2) = k/3
    expected = TABLE[2] * [1 / 3, 2 / 3, 1]
    np.testing.assert_allclose(_layer()(np.array([2, 0])), expected, atol=1e-6)


@pytest.mark.parametrize("formula", ["paper", "published_code"])
def test_order_matters(formula):
    one, other = _layer(formula=formula)(np.array([[1, 2], [2, 1]])).numpy()
    assert np.abs(one - other).max() > 0.01


@pytest.mark.parametrize("formula", ["paper", "published_code"])
def test_every_table_has_the_same_weights(formula):
    ids = SENTENCES[None]
    expected = _layer(formula=formula)(ids)
    received = _layer(tables=2, formula=formula)(ids)
    assert received.shape == (1, 4, 2, UNITS)
    for table in range(2):
        np.testing.assert_allclose(received[:, :, table], expected, atol=1e-6)


def test_an_unknown_formula_is_an_error():
    with pytest.raises(ValueError, match="Expected `formula`.*'sinus'"):
        PositionEncoding(6, 3, formula="sinus")
