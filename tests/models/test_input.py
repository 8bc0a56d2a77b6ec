"""Ordinary and wrong input of every kind of model."""

import numpy as np
import pytest

from memnet_tf.layers import build_vocabulary
from tests.conformance.registry import (
    MODELS,
    OF_SENTENCES,
    VOCABULARY,
    made,
)

# Those that answer with a word or with a candidate.
NAMES = [
    entry.name
    for entry in MODELS
    if entry.name not in (*OF_SENTENCES, "GenerativeMemN2N")
]
SPOKEN = "John went. Is the garden?"

ORDINARY = {
    "no story": ([], SPOKEN),
    "blank sentences": (["", " ", "..."], SPOKEN),
    "a blank question": ([SPOKEN], ""),
    "nothing at all": ([], ""),
    "unknown words alone": (["zzz yyy"], "xxx?"),
    "more than the memory holds": ([SPOKEN] * 50, SPOKEN),
    "ten thousand words": (["mary " * 10_000], "is " * 10_000),
    "other scripts": (["Élan дом 東京", "🚀 \u0301\u200d"], "¿Straße?"),
    "the letters of a program": (["'; DROP \\n %s {0} \x00"], "\t\r\n"),
}


@pytest.mark.parametrize("case", ORDINARY)
@pytest.mark.parametrize("name", NAMES)
def test_ordinary_input_has_an_answer(name, case):
    story, question = ORDINARY[case]
    model = made(name)
    answer = model.answer(story, question)
    words = VOCABULARY + build_vocabulary(story)
    assert answer.text in (model.candidates or words)
    assert 0 < answer.score <= 1
    assert answer.addresses.shape == (model.hops, len(story))
    assert np.all(np.isfinite(answer.addresses))


@pytest.mark.parametrize("case", ORDINARY)
def test_a_sentence_is_said_of_ordinary_input(case):
    story, question = ORDINARY[case]
    model = made("GenerativeMemN2N")
    answer = model.answer(story, question)
    assert answer.text and set(answer.text.split()) <= set(VOCABULARY)
    assert 0 < answer.score <= 1
    assert answer.addresses.shape == (model.hops, len(story))
    assert np.all(np.isfinite(answer.addresses))


@pytest.mark.parametrize("case", ORDINARY)
@pytest.mark.parametrize("name", OF_SENTENCES)
def test_a_memory_is_the_answer_of_ordinary_input(name, case):
    story, question = ORDINARY[case]
    answer = made(name).answer(story, question)
    assert answer.text in ["", *story]
    assert 0 <= answer.score <= 1
    assert np.all(np.isfinite(answer.addresses))


WRONG = {
    "a story that is a string": ("John went", SPOKEN, "stories"),
    "a story of numbers": ([1, 2], SPOKEN, "stories"),
    "stories within stories": ([["John went"]], SPOKEN, "stories"),
    "no story for None": (None, SPOKEN, "stories"),
    "questions of numbers": ([[SPOKEN]], [3], "questions"),
    "questions within questions": ([[SPOKEN]], [[SPOKEN]], "questions"),
    "more stories than questions": ([[], []], [SPOKEN], "stories"),
    "more questions than stories": ([[]], [SPOKEN] * 2, "stories"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("name", ["MemoryNetwork", "MemN2N_softmax", "MemNN_2"])
def test_wrong_input_is_an_error_that_names_it(name, case):
    stories, questions, named = WRONG[case]
    with pytest.raises(ValueError, match=f"Expected.*{named}.*Received"):
        made(name).answer(stories, questions)
