"""A network as functions of strings, in parts that make the whole."""

import numpy as np
import pytest
import tensorflow as tf

from memnet_tf import MemoryNetwork, layers, signatures
from memnet_tf.models import MemN2N, MemNN
from tests.conformance.registry import MODELS, made

WORDS = ["john", "mary", "went", "to", "the", "garden", "office"]
STORY = ["", "John went", "...", "Mary went", "", "Zyx went", "John", ""]
PARTS = ("slots", "mask", "time", "sentence")


def _memn2n(slots=3, **kwargs):
    return MemN2N(WORDS, 4, slots, units=8, hops=2, **kwargs)


def _call(network, name, **inputs):
    """The outputs of a signature, as arrays."""
    outputs = network.signatures()[name].function(
        **{key: tf.constant(value) for key, value in inputs.items()}
    )
    return {key: value.numpy() for key, value in outputs.items()}


def _answered_in_two(network, story, question):
    memory = _call(network, "encode", story=story)
    return _call(network, "respond", **memory, story=story, question=question)


@pytest.mark.parametrize("name", [entry.name for entry in MODELS])
def test_encode_and_then_respond_is_to_answer(name):
    network = made(name)
    story = [["John went garden.", "Office mary", "is, bill", "Zyx"], ["Mary"]]
    story[1] += ["", "...", "is"]
    question = ["Is John garden?", "Office"]
    inputs = {"story": story, "question": question}
    expected = _call(network, "serving_default", **inputs)
    received = _answered_in_two(network, **inputs)
    assert list(received) == list(expected)
    for key, value in expected.items():
        np.testing.assert_array_equal(received[key], value)


@pytest.mark.parametrize("name", [entry.name for entry in MODELS])
def test_an_encoded_story_is_the_memory_of_the_network(name):
    network = made(name)
    story = tf.constant([["", "John went garden.", "...", ""], [""] * 4])
    memory = network.remember(network.word_ids(story))
    received = _call(network, "encode", story=story[:, :-1])
    for part, expected in zip(PARTS[:3], memory, strict=True):
        np.testing.assert_array_equal(received[part], expected)


def test_blank_sentences_take_no_time_to_encode(monkeypatch):
    network = _memn2n()
    encode, encoded = network.encode_story, []

    def watched(story):
        encoded.append(tuple(story.shape))
        return encode(story)

    monkeypatch.setattr(network, "encode_story", watched)
    stories = tf.constant([STORY, ["", "Mary"] + [""] * 6])
    signatures._encode(network, network.word_ids(stories))
    assert encoded == [(5, 1, 4)]  # four sentences, and one


def test_a_memory_says_which_sentence_is_in_each_slot():
    memory = _call(_memn2n(), "encode", story=[STORY, ["", "Mary"] + [""] * 6])
    assert memory["sentence"].tolist() == [[3, 5, 6], [1, -1, -1]]
    assert memory["time"].tolist() == [[1, 2, 3], [0, 0, 0]]
    assert memory["mask"].tolist() == [[True] * 3, [True, False, False]]
    assert memory["slots"].shape == (2, 3, 3, 8)
    assert memory["slots"].dtype == np.float32


def test_a_memory_of_words_is_of_ids():
    network = MemNN(WORDS, 4, memory_size=3, units=8)
    memory = _call(network, "encode", story=[["John went"]])
    assert memory["slots"].tolist() == [[[2, 4, 0, 0], [0] * 4, [0] * 4]]
    assert memory["slots"].dtype == np.int32


def test_half_precision_travels_as_float32():
    network = _memn2n(dtype="mixed_float16")
    inputs = {"story": [STORY], "question": ["Where?"]}
    assert _call(network, "encode", story=[STORY])["slots"].dtype == np.float32
    expected = _call(network, "serving_default", **inputs)
    received = _answered_in_two(network, **inputs)
    np.testing.assert_array_equal(received["scores"], expected["scores"])


def test_a_story_may_be_padded_after_it_was_encoded():
    network = _memn2n()
    memory = _call(network, "encode", story=[STORY])
    replies = [
        _call(network, "respond", **memory, story=[story], question=["Who?"])
        for story in (STORY, [*STORY, "", ""])
    ]
    assert replies[0]["support"].tolist() == replies[1]["support"].tolist()
    np.testing.assert_array_equal(
        replies[0]["attention"], replies[1]["attention"][:, :, :-2]
    )


@pytest.mark.parametrize(
    "part, value",
    [
        ("slots", np.full((1, 3, 4), 10**6, "int32")),
        ("slots", np.full((1, 3, 4), -1, "int32")),
        ("time", np.full((1, 3), 2**31 - 1, "int32")),
        ("time", np.full((1, 3), -(2**31), "int32")),
        ("sentence", np.full((1, 3), 10**6, "int32")),
        ("sentence", np.full((1, 3), -7, "int32")),
        ("mask", np.zeros((1, 3), bool)),
    ],
)
@pytest.mark.parametrize("kind", ["MemNN", "MemN2N"])
def test_a_wrong_memory_harms_no_other_of_its_batch(kind, part, value):
    network = (
        MemNN(WORDS, 4, memory_size=3, units=8, unknown_words=3)
        if kind == "MemNN"
        else _memn2n()
    )
    if kind == "MemN2N" and part == "slots":
        value = np.full((1, 3, 3, 8), np.nan, "float32")
    story, question = [STORY] * 3, ["Where is John?"] * 3
    expected = _call(network, "serving_default", story=story, question=question)
    memory = _call(network, "encode", story=story)
    memory[part][1] = value[0]
    received = _call(
        network, "respond", **memory, story=story, question=question
    )
    for key in expected:
        for row in (0, 2):
            np.testing.assert_array_equal(
                received[key][row], expected[key][row]
            )


# A conversation


@pytest.fixture(scope="module")
def talker():
    return MemoryNetwork(
        word_ids=layers.WordIds(WORDS, 4),
        input_map=layers.BagOfWords(9, 8),
        generalization=layers.Append(3),
        output_map=layers.OutputMap(hops=2),
        response=layers.CandidateResponse(9),
        candidates=["garden", "the office", "to mary"],
    )


@pytest.mark.parametrize(
    "turns, story, question",
    [
        (["John went", "Mary", "Who?"], ["John went", "Mary"], "Who?"),
        (["John went", "", "Who?", " ", ""], ["John went"], "Who?"),
        (["Who?"], [], "Who?"),
        (["", ""], [], ""),
        ([], [], ""),
    ],
)
def test_the_last_turn_is_the_question_of_those_before(
    talker, turns, story, question
):
    other = ["to the office", "John", "went", "Mary", "garden"][: len(turns)]
    received = _call(talker, "converse", turns=np.array([turns, other], object))
    story += [""] * (len(turns) - len(story))
    expected = _call(
        talker,
        "serving_default",
        story=np.array([story], object),
        question=[question],
    )
    for key, value in expected.items():
        if value.dtype == object:
            assert received[key][:1].tolist() == value.tolist()
        else:
            np.testing.assert_allclose(received[key][:1], value, atol=1e-6)


def test_only_a_network_of_candidates_converses(talker):
    assert set(talker.signatures()) - set(_memn2n().signatures()) == {
        "converse"
    }
