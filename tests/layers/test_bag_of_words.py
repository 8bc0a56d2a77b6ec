import numpy as np
import pytest

from memnet_tf.layers import BagOfWords, KeyValueEncoding

TABLE = np.array([[9, 9], [1, 2], [3, 4], [5, 6]], "float32")


def _with_table(table, **arguments):
    layer = BagOfWords(len(table), 2, **arguments)
    layer.build((None, None))
    layer.embeddings.assign(table)
    return layer


def test_embeddings_of_words_are_summed():
    ids = np.array([[1, 2, 2]])
    assert _with_table(TABLE)(ids).numpy().tolist() == [[7, 10]]


def test_padding_contributes_nothing_wherever_it_stands():
    layer = _with_table(TABLE)
    ids = np.array([[0, 1, 0, 3], [0, 0, 0, 0]])
    assert layer(ids).numpy().tolist() == [[6, 8], [0, 0]]


def test_any_number_of_axes_comes_before_words():
    layer = _with_table(TABLE)
    ids = np.array([[[[1, 0]], [[2, 3]]]])
    assert layer(ids).numpy().tolist() == [[[[1, 2]], [[8, 10]]]]


def test_a_sentence_without_room_for_words_is_zero():
    assert _with_table(TABLE)(np.zeros((2, 0), "int32")).numpy().tolist() == [
        [0, 0],
        [0, 0],
    ]


def test_tables_give_a_sum_each():
    layer = _with_table(np.hstack([TABLE, 10 * TABLE]), tables=2)
    assert layer(np.array([[1, 2]])).numpy().tolist() == [[[4, 6], [40, 60]]]
    np.testing.assert_array_equal(layer.table(0), TABLE)
    np.testing.assert_array_equal(layer.table(-1), 10 * TABLE)


def test_a_word_of_types_is_known_by_them():
    layer = BagOfWords(4, 2, tables=2, types=[[1, 3], [3]])
    layer.build((None, None))
    drawn = layer.embeddings.numpy().all(axis=1)
    assert drawn.tolist() == [True, False, True, False]
    layer.embeddings.assign(np.hstack([TABLE, 10 * TABLE]))
    layer.embeddings_of_types.assign([[1, 0, 0, 0], [0, 0, 0, 7]])
    typed = [[9, 9], [2, 2], [3, 4], [6, 6]]
    np.testing.assert_array_equal(layer.table(0), typed)
    assert layer(np.array([[3, 0]])).numpy().tolist() == [[[6, 6], [50, 67]]]
    scores = layer.scores(np.array([[[1], [3]]]), np.ones((1, 2), "float32"))
    assert scores.numpy().tolist() == [[4, 12]]


def test_keys_and_values_have_words_of_types_too():
    layer = KeyValueEncoding(4, 2, types=[[3]])
    layer.build((None, None))
    layer.embeddings.assign(TABLE)
    layer.embeddings_of_types.assign([[1, 2]])
    assert layer(np.array([[3, 0]])).numpy().tolist() == [[[6, 8], [6, 8]]]


@pytest.mark.parametrize("types", [[[4]], [[1], [0]]])
def test_words_of_types_are_words(types):
    with pytest.raises(ValueError, match="Expected `types`.*Received: "):
        BagOfWords(4, 2, types=types)


def test_output_shape_is_known_before_the_call():
    shape = (None, 3, 7)
    assert BagOfWords(4, 2).compute_output_shape(shape) == (None, 3, 2)
    layer = BagOfWords(4, 2, tables=5)
    assert layer.compute_output_shape(shape) == (None, 3, 5, 2)


def test_ids_must_be_ints():
    with pytest.raises(ValueError, match="Expected `ids` of an int dtype"):
        _with_table(TABLE)(np.ones((1, 2), "float32"))


@pytest.mark.parametrize("value", [0, -1, 2.5, "3"])
@pytest.mark.parametrize("name", ["vocabulary_size", "units", "tables"])
def test_sizes_must_be_positive_ints(name, value):
    arguments = {"vocabulary_size": 4, "units": 2, name: value}
    with pytest.raises(ValueError, match=f"Expected `{name}`.*Received"):
        BagOfWords(**arguments)
