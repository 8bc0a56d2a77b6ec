import numpy as np
import pytest

from memnet_tf.layers import KeyValueEncoding

IDS = np.array([[[2, 3, 4, 0], [5, 0, 0, 0]], [[3, 6, 3, 6], [0, 0, 0, 0]]])
KEYS = {
    "sentence": IDS,
    "window": IDS,
    "triple": [[[2, 3], [0, 0]], [[3, 6, 3], [0]]],
}
VALUES = {
    "sentence": IDS,
    "window": [[[4], [5]], [[6], [0]]],
    "triple": [[[4], [5]], [[6], [0]]],
}


def _layer(encoding):
    layer = KeyValueEncoding(8, 5, encoding)
    layer.build((None, 4))
    table = np.random.default_rng(0).normal(size=(8, 5))
    layer.embeddings.assign(table)
    table[0] = 0  # padding
    return layer, table.astype("float32")


def _bags(table, words):
    return np.array([[table[list(ids)].sum(0) for ids in row] for row in words])


@pytest.mark.parametrize("encoding", KEYS)
def test_keys_and_values_are_bags_of_their_words(encoding):
    layer, table = _layer(encoding)
    features = layer(IDS)
    keys = _bags(table, KEYS[encoding])
    values = _bags(table, VALUES[encoding])
    np.testing.assert_allclose(features[:, :, 0], keys, atol=1e-6)
    np.testing.assert_allclose(features[:, :, 1], values, atol=1e-6)
    np.testing.assert_array_equal(layer.encode(IDS, 1, 2)[:, :, 0], values)
    query = np.ones((2, 5), "float32")
    for which, rows in enumerate((keys, values)):
        np.testing.assert_allclose(
            layer.scores(IDS, query, which), rows.sum(axis=-1), atol=1e-5
        )


def test_a_question_is_a_bag_of_all_its_words():
    layer, table = _layer("triple")
    np.testing.assert_allclose(
        layer.encode_question(IDS[0]), _bags(table, [IDS[0]])[0], atol=1e-6
    )


def test_another_encoding_is_an_error():
    with pytest.raises(ValueError, match="Expected `encoding`.*'gru'"):
        KeyValueEncoding(8, 5, "gru")


def test_a_question_has_ngrams_and_a_memory_has_none():
    layer = KeyValueEncoding(8, 1, "triple", n=2, buckets=16)
    layer.build((None, 4))
    of_words = np.arange(8)[:, None] * 1.0
    layer.embeddings.assign(np.concatenate([of_words, np.full((16, 1), 100)]))
    questions = np.array([[2, 3, 4, 0], [5, 0, 0, 0]])
    # 2 + 3 + 4 and two bigrams; 5 and none
    np.testing.assert_allclose(
        layer.encode_question(questions), [[209.0], [5.0]]
    )
    np.testing.assert_allclose(layer(questions)[0, :, 0], [5.0, 4.0])


def test_ngrams_tell_the_order_of_words():
    layer = KeyValueEncoding(8, 5, n=2)
    layer.build((None, 3))
    one, other = layer.encode_question(np.array([[2, 3, 4], [4, 3, 2]]))
    assert np.abs(one - other).max() > 0.01
    bag = KeyValueEncoding(8, 5)
    bag.build((None, 3))
    one, other = bag.encode_question(np.array([[2, 3, 4], [4, 3, 2]]))
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_what_leads_back_has_a_word_of_the_question_as_its_value():
    ids = np.array([[[3, 6, 2], [2, 6, 3]], [[3, 6, 2], [1, 6, 1]]])
    question = np.array([[2, 7, 0, 0], [1, 3, 6, 0]])
    for encoding in ("window", "triple"):
        layer, _ = _layer(encoding)
        back = layer.leads_back(ids, question, known=2)
        assert back.numpy().tolist() == [[True, False], [False, False]]
    padded = np.zeros((2, 1, 3), "int32")  # its value is padding, as 0 is
    assert not layer.leads_back(padded, question).numpy().any()
    with pytest.raises(ValueError, match="Expected `encoding`.*'sentence'"):
        _layer("sentence")[0].leads_back(ids, question)
