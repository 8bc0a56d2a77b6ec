import string

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from memnet_tf.layers import WordIds, build_vocabulary

VOCABULARY = ["john", "it's", "living-room", "straße", "élan", "дом", "ship"]
LAYER = WordIds(VOCABULARY, sentence_length=6)  # ids 2 to 8
FEW = settings(max_examples=40, deadline=None)


def _ids(sentence, layer=LAYER):
    return [n for n in layer([sentence])[0].numpy().tolist() if n]


def test_case_and_punctuation_do_not_count():
    assert _ids("John, JOHN! (john) ship?") == [2, 2, 2, 8]


def test_words_may_hold_hyphens_and_apostrophes():
    assert _ids("It's John's living-room.") == [3, 1, 4]


def test_hyphens_and_apostrophes_around_words_are_dropped():
    assert _ids("'john' -- ship- 'it's' - '") == [2, 8, 3]
    assert _ids("'john' 'ship' --john-- -ship") == [2, 8, 2, 8]


def test_letters_of_any_script_are_words():
    assert _ids("STRASSE straße Élan, ДОМ") == [1, 5, 6, 7]


def test_a_letter_with_a_combining_mark_stays_one_word():
    assert _ids("e\u0301lan") == [1]


def test_marks_of_the_vocabulary_are_words():
    layer = WordIds(["john", ".", "«", "]"], sentence_length=8)
    assert _ids("[John]: «John ship». 3.5 .", layer) == [
        *(2, 5, 4, 2, 1, 3, 1, 3)
    ]
    assert _ids("John . - ? '", layer) == [2, 3]
    assert _ids("John .") == [2]


@pytest.mark.parametrize("text", ["", " ", "?!...", "\t\n", "-", "\u3000"])
def test_text_without_words_is_padding(text):
    assert _ids(text) == []


def test_padding_stands_last_and_the_rest_is_cut():
    rows = LAYER(["john ship", "john " * 5 + "ship john ship"])
    assert rows.numpy().tolist() == [[2, 8, 0, 0, 0, 0], [2, 2, 2, 2, 2, 8]]


def test_a_sentence_of_ten_thousand_words_is_cut():
    ids = LAYER(["ship " * 10_000, "john"])
    assert ids.shape == (2, 6)
    assert ids[0].numpy().tolist() == [8] * 6


def test_one_unknown_word_has_one_id_and_others_have_others():
    layer = WordIds(["john"], sentence_length=8, unknown_words=1000)
    names = "bilbo frodo gollum sauron"
    first = _ids(f"{names} john", layer)
    assert len(set(first)) == 5
    assert first[-1] == 1001
    assert all(1 <= n <= 1000 for n in first[:-1])
    assert _ids(names.upper() + "!", layer) == first[:-1]


def test_single_words_are_looked_up_as_they_are():
    ids = LAYER.word_id(["LIVING-ROOM", "john ship", "дом", "ДОМ"])
    assert ids.numpy().tolist() == [4, 1, 7, 7]


def test_every_id_has_its_word():
    layer = WordIds(VOCABULARY, sentence_length=1, unknown_words=2)
    words = layer.all_words()
    assert layer.vocabulary_size == len(words) == 3 + len(VOCABULARY)
    assert words[:3] == ["", "", ""]
    assert layer.word_id(words[3:]).numpy().tolist() == [*range(3, 10)]


def test_any_shape_of_strings_gets_an_axis_of_words():
    assert LAYER("john").shape == (6,)
    assert LAYER(np.array([["john"] * 3] * 2)).shape == (2, 3, 6)
    assert LAYER(tf.zeros([0, 4], tf.string)).shape == (0, 4, 6)


def test_numbers_are_no_text():
    with pytest.raises(ValueError, match="Expected `text` to be strings"):
        LAYER(np.array([1, 2]))


def test_invalid_utf8_is_read_around():
    assert _ids(b"john \xff\xfe ship \xc3") == [2, 8]


WORDS = st.sampled_from(VOCABULARY)
MARKS = st.text(string.punctuation.replace("'", "").replace("-", "") + " ")


@FEW
@given(st.lists(st.tuples(MARKS, WORDS, MARKS), max_size=6))
def test_case_and_punctuation_never_change_known_words(parts):
    sentence = " ".join(left + word + right for left, word, right in parts)
    expected = [2 + VOCABULARY.index(word) for _, word, _ in parts]
    assert _ids(sentence) == expected
    if "ß" not in sentence:  # whose upper case is SS
        assert _ids(sentence.upper()) == expected


@FEW
@given(st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_any_text_gives_ids_in_range_with_padding_last(texts):
    layer = WordIds(VOCABULARY, sentence_length=3, unknown_words=4)
    ids = layer(tf.constant([text.encode() for text in texts])).numpy()
    assert ids.shape == (len(texts), 3)
    assert ids.min() >= 0
    assert ids.max() < layer.vocabulary_size
    assert not np.any((ids[:, :-1] == 0) & (ids[:, 1:] != 0))


@pytest.mark.parametrize("vocabulary", [[], ["a", "b", "a"], ["a", ""]])
def test_the_vocabulary_must_be_different_words(vocabulary):
    with pytest.raises(ValueError, match="Expected `vocabulary`.*Received"):
        WordIds(vocabulary, sentence_length=3)


@pytest.mark.parametrize(
    "arguments",
    [{"sentence_length": 0}, {"sentence_length": 2, "unknown_words": 0}],
)
def test_sizes_must_be_at_least_one(arguments):
    with pytest.raises(ValueError, match="Expected `sentence_length` and"):
        WordIds(["a"], **arguments)


def test_the_vocabulary_has_the_most_frequent_word_first():
    texts = ["B b. a", "c a b", "d"]
    assert build_vocabulary(texts) == ["b", "a", "c", "d"]


def test_the_vocabulary_does_not_depend_on_the_order_of_texts():
    texts = ["the cat", "the dog", "a cat", "the cat"]
    expected = build_vocabulary(texts)
    assert build_vocabulary(reversed(texts)) == expected
    assert expected == ["cat", "the", "a", "dog"]


def test_answers_are_kept_whole():
    words = build_vocabulary(["Get the milk"], ["Apple,Milk", "milk"])
    assert words == ["milk", "apple,milk", "get", "the"]


def test_marks_are_counted_where_asked_for():
    texts = ["Rome is nice. It's high-up.", "Nice?"]
    words = build_vocabulary(texts, marks=".")
    assert words == [".", "nice", "high-up", "is", "it's", "rome"]
    assert "?" in build_vocabulary(texts, marks="?[\\^")


@pytest.mark.parametrize("marks", ["a", "-", ".'", " ", "é"])
def test_marks_must_be_punctuation(marks):
    with pytest.raises(ValueError, match="Expected `marks`.*Received: "):
        build_vocabulary(["John."], marks=marks)


@FEW
@given(st.text(string.punctuation + "aB 3é"), st.text(string.punctuation))
def test_marks_are_words_wherever_they_stand(text, marks):
    marks = "".join(dict.fromkeys(marks.replace("'", "").replace("-", "")))
    layer = WordIds(["john", *marks], sentence_length=200)
    found = [layer.all_words()[n] for n in _ids(text, layer) if n > 1]
    assert found == [mark for mark in text if mark in marks]


def test_the_vocabulary_of_nothing_is_empty():
    assert build_vocabulary([]) == []
    assert build_vocabulary(["", "?!"]) == []


def test_a_vocabulary_that_was_built_is_known():
    texts = ["Mary's at the sea-side.", "Über, 3 o'clock"]
    vocabulary = build_vocabulary(texts)
    layer = WordIds(vocabulary, sentence_length=10)
    assert not np.any(layer(texts).numpy() == 1)
