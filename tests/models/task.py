"""A task of eight examples that a network can learn in seconds."""

import numpy as np

WORDS = ["john", "mary", "garden", "office", "went", "where"]  # ids 2 to 7


def _other(word):
    pairs = ("john", "mary"), ("garden", "office")
    return next(pair[1 - pair.index(word)] for pair in pairs if word in pair)


CASES = 10 * [
    (first, place, asked)
    for first in ("john", "mary")
    for place in ("garden", "office")
    for asked in ("john", "mary")
]
TEXT = {
    "story": [
        [f"{first} went {place}.", f"{_other(first)} went {_other(place)}."]
        for first, place, _ in CASES
    ],
    "question": [f"Where {asked}?" for _, _, asked in CASES],
}
ANSWERS = [
    place if asked == first else _other(place) for first, place, asked in CASES
]
SUPPORT = [[0 if asked == first else 1] for first, _, asked in CASES]


def _answers(model):
    return model.answer(TEXT["story"][:8], TEXT["question"][:8])


def assert_learnt(model):
    assert [answer.text for answer in _answers(model)] == ANSWERS[:8]


def assert_reads_support(model):
    read = [answer.addresses[0].argmax() for answer in _answers(model)]
    assert read == [sentences[0] for sentences in SUPPORT[:8]]


def assert_same_answers(model, other):
    for one, two in zip(_answers(model), _answers(other), strict=True):
        assert one.text == two.text
        np.testing.assert_allclose(one.score, two.score, rtol=1e-6)
        np.testing.assert_allclose(one.addresses, two.addresses, atol=1e-6)
