import numpy as np
import pytest
import tensorflow as tf

from memnet_tf import MemoryNetwork, layers, text
from memnet_tf.models import MemN2N, MemNN

WORDS = ["john", "mary", "went", "to", "the", "garden", "office"]
# Three slots. The blank sentences do not take one.
STORY = ["", "John went", "...", "Mary went", "", "to the garden", "John", ""]
KEPT = [3, 5, 6]  # what three slots keep of it


def _memn2n(slots=3, hops=2, **kwargs):
    return MemN2N(WORDS, 4, slots, units=8, hops=hops, **kwargs)


def _memnn(words=WORDS):
    return MemNN(words, 4, 3, units=8, unknown_words=4, match=True)


def _composed(words, slots, unknown_words):
    """A network that can answer with unknown words."""
    word_ids = layers.WordIds(words, 4, unknown_words)
    return MemoryNetwork(
        word_ids=word_ids,
        input_map=layers.BagOfWords(word_ids.vocabulary_size, units=8),
        generalization=layers.Append(slots),
        output_map=layers.OutputMap(addressing="stick_breaking"),
        response=layers.WordResponse(word_ids.vocabulary_size, reserved=1),
    )


def _serve(network, story, question):
    """The outputs for strings, as arrays."""
    outputs = network.answer_text(
        tf.constant(story, tf.string, np.shape(story)),
        tf.constant(question, tf.string, np.shape(question)),
    )
    return {name: value.numpy() for name, value in outputs.items()}


def _one_x(story, question="Where?", **more):
    return {
        "story": [story],
        "question": [question],
        **{name: [value] for name, value in more.items()},
    }


# Encoding


def test_stories_and_questions_become_ids():
    x, y = _memn2n().encode(_one_x(["John went", "Zyx"], "Mary?"), ["garden"])
    assert x["story"].tolist() == [[[2, 4, 0, 0], [1, 0, 0, 0], [0] * 4]]
    assert x["question"].tolist() == [[3, 0, 0, 0]]
    assert y["answer"].tolist() == [7]
    assert x["story"].dtype == x["question"].dtype == np.int32


def test_without_answers_there_are_no_labels():
    x, y = _memn2n().encode(_one_x(["John went"], support=[0]))
    assert y is None
    assert x["support"].tolist() == [[0, 0]]


@pytest.mark.parametrize(
    "support, slots",
    [
        ([], [-1, -1, -1]),
        ([2], [2, 2, 2]),
        ([2, 1], [2, 1, 1]),
        ([2, 1, 0, 1], [2, 1, 0]),
    ],
)
def test_the_last_support_is_repeated_for_every_hop(support, slots):
    network = _memn2n(slots=4, hops=3)
    x = _one_x(["John", "Mary", "garden"], support=support)
    x, y = network.encode(x, ["john"])
    assert x["support"].tolist() == [slots]
    assert y[network.support_output].tolist() == [slots]


def test_support_moves_with_the_sentences_that_are_kept():
    story = ["John", "Mary", "garden", "office", "to"]
    x, _ = _memn2n().encode(_one_x(story, support=[4, 2]), ["john"])
    assert x["support"].tolist() == [[2, 0]]


def test_forgotten_support_is_minus_one():
    story = ["John", "Mary", "garden", "office", "to"]
    x, _ = _memn2n().encode(_one_x(story, support=[3, 1]), ["john"])
    assert x["support"].tolist() == [[1, -1]]


def test_blank_sentences_push_none_out():
    network = _memn2n()
    x, _ = network.encode(_one_x(STORY, support=[3, 2]), ["john"])
    kept = tf.constant([STORY[place] for place in KEPT])
    np.testing.assert_array_equal(x["story"][0], network.word_ids(kept))
    assert x["support"].tolist() == [[0, -1]]


def test_blank_sentences_keep_their_slot_where_there_is_room():
    x = _one_x(["", "John", ""], support=[1, 2])
    x, _ = _memn2n().encode(x, ["john"])
    assert x["story"][0].any(axis=-1).tolist() == [False, True, False]
    assert x["support"].tolist() == [[1, 2]]


@pytest.mark.parametrize("slots", [3, 8])
def test_a_network_reads_the_same_of_ids_as_of_text(slots):
    network = _memn2n(slots)
    x, _ = network.encode(_one_x(STORY, "Where is John?"))
    by_ids = network({name: tf.constant(ids) for name, ids in x.items()})
    answer = network.answer(STORY, "Where is John?")
    shares = tf.nn.softmax(by_ids["answer"])
    np.testing.assert_allclose(answer.score, np.max(shares), rtol=1e-5)
    weights = by_ids["addresses"][0].numpy()
    np.testing.assert_allclose(
        answer.addresses[:, KEPT],
        weights if slots == 3 else weights[:, KEPT],
        atol=1e-6,
    )


def test_no_examples_are_encoded_too():
    x = {"story": [], "question": [], "support": []}
    x, y = _memn2n().encode(x, [])
    assert x["story"].shape == (0, 3, 4)
    assert x["question"].shape == (0, 4)
    assert x["support"].shape == (0, 2)
    assert y["answer"].shape == (0,)


def test_arrays_of_numbers_are_ids_and_all_else_is_text():
    assert not text.is_text(np.zeros((2, 3), "int32"))
    assert not text.is_text(tf.zeros((2, 3), "int32"))
    for values in (["a"], np.array(["a"]), np.array(["a", "bc"], object), []):
        assert text.is_text(values)


def test_ids_are_returned_as_they_are():
    x, y = {"question": np.zeros((2, 4), "int32")}, np.zeros(2, "int32")
    assert _memn2n().encode(x, y) == (x, y)


# Errors

STORIES = "every story of `stories` to be a list of sentences"
QUESTIONS = "`questions` to be a list of strings"


@pytest.mark.parametrize(
    "stories, questions, message",
    [
        ("John went", "Who?", f"Expected {STORIES}. Received: 'John went'"),
        (None, "Who?", f"Expected {STORIES}. Received: None"),
        ([None], "Who?", f"Expected {STORIES}. Received one with None"),
        ([b"a"], "Who?", f"Expected {STORIES}. Received one with b'a'"),
        ([["a"]], "Who?", rf"Expected {STORIES}. Received one with \['a'\]"),
        ([1], "Who?", f"Expected {STORIES}. Received one with 1"),
        (["a"], ["Who?"], f"Expected {STORIES}. Received: 'a'"),
        ("ab", ["Who?"], "Expected `stories` to be a list of .* 'ab'"),
        (None, ["Who?"], "Expected `stories` to be a list of .* None"),
        ([["a"], None], ["Who?"] * 2, f"Expected {STORIES}. Received: None"),
        (["a"], None, f"Expected {QUESTIONS}. Received: None"),
        (["a"], b"Who?", f"Expected {QUESTIONS}. Received: b'Who"),
        (["a"], 3, f"Expected {QUESTIONS}. Received: 3"),
        ([["a"]], [None], f"Expected {QUESTIONS}. Received one with None"),
        ([["a"]], [["Who?"]], f"Expected {QUESTIONS}. Received one with"),
        (
            [["a"]],
            ["Who?", "Who?"],
            "as many `stories` as `questions`.* 1 and 2",
        ),
    ],
)
def test_what_is_not_text_is_an_error_that_names_it(
    stories, questions, message
):
    with pytest.raises(ValueError, match=message):
        _memn2n().answer(stories, questions)


@pytest.mark.parametrize(
    "x, y, message",
    [
        ({}, [1], "Expected `y` to be a list of strings. Received one with 1"),
        ({}, ["a", "b"], "as many answers `y` as `questions`.* 2 and 1"),
        ({"support": []}, ["a"], "as many `support` as `questions`.* 0 and 1"),
        ({"support": [[3]]}, ["a"], r"Expected `support` .* \[3\] for 3"),
        ({"support": [[0, -1]]}, ["a"], r"Expected `support` .* \[0, -1\]"),
        ({"question": ["Who?", 2]}, ["a"], "`questions` .* one with 2"),
        ({"story": ["John"]}, ["a"], f"Expected {STORIES}. Received: 'John'"),
    ],
)
def test_what_is_no_example_is_an_error_that_names_it(x, y, message):
    x = {"story": [["John", "Mary", "to"]], "question": ["Who?"], **x}
    with pytest.raises(ValueError, match=message):
        _memn2n().encode(x, y)


def test_long_values_are_shortened_in_errors():
    with pytest.raises(ValueError) as caught:
        _memn2n().answer(["John"], b"x" * 1000)
    assert len(str(caught.value)) < 200


# Answering


@pytest.fixture(scope="module", params=["MemN2N", "MemNN"])
def network(request):
    return {"MemN2N": _memn2n, "MemNN": _memnn}[request.param]()


def test_one_question_gives_an_answer_and_several_a_list(network):
    stories = [["John went to the garden"], ["Mary", "John"], []]
    questions = ["Where is John?", "", "Who?"]
    answers = network.answer(stories, questions)
    for answer, story, question in zip(
        answers, stories, questions, strict=True
    ):
        alone = network.answer(story, question)
        assert (answer.text, answer.support) == (alone.text, alone.support)
        np.testing.assert_allclose(answer.score, alone.score, rtol=1e-5)
        np.testing.assert_allclose(answer.addresses, alone.addresses, atol=1e-6)
        assert answer.addresses.shape == (network.hops, len(story))
    assert network.answer([], []) == []


def test_answers_do_not_depend_on_the_chunks(network, monkeypatch):
    stories = [STORY[: number % 9] for number in range(20)]
    questions = ["Where is John?"] * 20
    at_once = network.answer(stories, questions)
    monkeypatch.setattr(text, "_CHUNK", 7)
    in_chunks = network.answer(stories, questions)
    for one, other in zip(at_once, in_chunks, strict=True):
        assert (one.text, one.support) == (other.text, other.support)
        np.testing.assert_allclose(one.addresses, other.addresses, atol=1e-6)


def test_a_generator_and_an_array_are_lists_too(network):
    expected = network.answer(["John", "Mary"], "Who?")
    story = (sentence for sentence in ("John", "Mary"))
    assert network.answer(story, "Who?").text == expected.text
    story = np.array(["John", "Mary"])
    assert network.answer(story, "Who?").text == expected.text


def test_an_empty_story_has_an_answer_that_read_nothing(network):
    for story in ([], [""], ["...", " "]):
        answer = network.answer(story, "Where is John?")
        assert answer.text in WORDS
        assert 0 < answer.score <= 1
        assert answer.addresses.shape == (2, len(story))
        assert not answer.addresses.any()
        assert answer.support == ("", "")


def test_text_that_utf_8_cannot_write_is_answered(network):
    answer = network.answer(["John \ud83d went"], "Where is \udcff?")
    assert answer.support == ("John ? went",) * 2


def test_a_long_sentence_is_cut(network):
    story = ["john " * 10_000]
    answer = network.answer(story, "mary " * 10_000)
    short = network.answer(["john " * 4], "mary " * 4)
    assert answer.text == short.text
    assert answer.support == (story[0],) * 2


def test_weights_are_of_the_sentences_that_were_read():
    network = _memn2n()
    answer = network.answer(STORY, "Where is John?")
    without_blanks = [STORY[place] for place in KEPT]
    read = network.answer(without_blanks, "Where is John?")
    np.testing.assert_allclose(
        answer.addresses[:, KEPT], read.addresses, atol=1e-6
    )
    np.testing.assert_allclose(read.addresses.sum(axis=1), 1, rtol=1e-5)
    rest = np.delete(answer.addresses, KEPT, axis=1)
    assert rest.shape == (2, 5)
    assert not rest.any()
    assert answer.support == read.support
    assert answer.text == read.text


def test_support_is_the_sentence_with_the_most_weight():
    network = _memn2n()
    answer = network.answer(STORY, "Where is John?")
    most = answer.addresses.argmax(axis=1)
    assert answer.support == tuple(STORY[place] for place in most)


def test_a_hard_read_is_of_one_sentence():
    answer = _memnn().answer(STORY, "Where is John?")
    assert np.count_nonzero(answer.addresses, axis=1).tolist() == [1, 1]
    assert set(answer.addresses.argmax(axis=1)) <= set(KEPT)


# The function of strings


def test_a_batch_of_none_and_stories_of_none(network):
    outputs = _serve(network, np.empty((0, 3), object), np.empty(0, object))
    shapes = {name: value.shape for name, value in outputs.items()}
    assert shapes == {
        "answer": (0,),
        "score": (0,),
        "answers": (0, 5),
        "scores": (0, 5),
        "attention": (0, 2, 3),
        "support": (0, 2),
    }
    outputs = _serve(network, np.empty((2, 0), object), ["Who?", ""])
    assert outputs["attention"].shape == (2, 2, 0)
    assert outputs["support"].tolist() == [[b"", b""]] * 2


def test_padding_changes_nothing(network):
    bare = _serve(network, [["John went", "Mary"]], ["Who?"])
    padded = _serve(network, [["John went", "Mary", "", ""]], ["Who?"])
    assert bare["answers"].tolist() == padded["answers"].tolist()
    np.testing.assert_allclose(bare["scores"], padded["scores"], rtol=1e-5)
    np.testing.assert_allclose(
        padded["attention"], np.pad(bare["attention"], [(0, 0)] * 2 + [(0, 2)])
    )


def test_scores_are_shares_of_all_answers_the_best_first(network):
    outputs = _serve(network, [["John went", "Mary"]], ["Who?"])
    scores = outputs["scores"][0]
    assert (np.diff(scores) <= 0).all()
    assert scores.sum() < 1
    assert outputs["score"][0] == scores[0]
    assert outputs["answer"][0] == outputs["answers"][0, 0]


def test_where_fewer_answers_are_possible_the_rest_is_blank():
    network = MemN2N(["yes", "no"], sentence_length=3, units=4)
    outputs = _serve(network, [["Zyx yes"]], ["Zyx?"])
    assert sorted(outputs["answers"][0, :2]) == [b"no", b"yes"]
    assert outputs["answers"][0, 2:].tolist() == [b""] * 3
    np.testing.assert_allclose(outputs["scores"][0].sum(), 1, rtol=1e-6)
    assert outputs["scores"][0, 2:].tolist() == [0] * 3


def test_invalid_utf_8_is_read_around(network):
    story = [[b"\xff John \xfe", b"\x80\xff"]]
    outputs = _serve(network, story, [b"\xff"])
    clean = _serve(network, [[b"John", b""]], [b""])
    np.testing.assert_allclose(outputs["scores"], clean["scores"], rtol=1e-5)
    assert outputs["support"].tolist() == [[story[0][0]] * 2]


def test_unknown_words_are_answered_as_the_memory_spells_them():
    network = _memnn(["is"])
    outputs = _serve(network, [["Zyx, ÉLAN is"]], ["is"])
    assert set(outputs["answers"][0].tolist()) == {
        *(b"is", b"zyx", "élan".encode()),
        b"",
    }


def test_a_forgotten_word_lends_no_spelling():
    network = _composed(["is"], slots=2, unknown_words=1)
    story = ["Forgotten", "", "Zyx is", "is"]  # one id for both words
    outputs = _serve(network, [story], ["is"])
    assert set(outputs["answers"][0].tolist()) == {b"is", b"zyx", b""}


def test_a_composed_network_answers_text():
    network = _composed(WORDS, slots=3, unknown_words=1)
    answer = network.answer(STORY, "Where is John?")
    assert answer.addresses.shape == (1, len(STORY))
    assert set(np.flatnonzero(answer.addresses)) == set(KEPT)


# The SavedModel


def test_export_replaces_an_earlier_export_and_nothing_else(tmp_path):
    network = _memn2n()
    network.export(tmp_path / "model")
    network.export(str(tmp_path / "model"))
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    with pytest.raises(ValueError, match="a folder of other things"):
        network.export(tmp_path)
    tf.saved_model.load(str(tmp_path / "model"))
