"""When two replies of a signature are equal.

The texts are to be the same, but where two scores are tied, and numbers
within 1e-5.
"""

import collections

import numpy as np

TOLERANCE = 1e-5  # of scores, attention and features
TIE = 1e-5  # the part by which two numbers may differ and still be equal


class DifferenceError(AssertionError):
    """A SavedModel does not answer as its network does."""


def compare(requests, expected, received):
    """Raises `DifferenceError`, which tells the first, if replies differ.

    Args:
        requests: a list of `Request`s.
        expected: a reply to each, a dict by the names of the outputs.
        received: the same.
    """
    for number, (request, *replies) in enumerate(
        zip(requests, expected, received, strict=True)
    ):
        for name in replies[0]:
            agree = _AGREE.get(name, _values_agree)
            if name not in replies[1] or not agree(name, request, *replies):
                raise DifferenceError(
                    f"Request {number}: question {request.question!r} about "
                    f"story {request.story!r}. Expected {name}: "
                    f"{replies[0][name]!r}. Received: {replies[1].get(name)!r}"
                )


def _values_agree(name, request, expected, received):
    expected, received = map(np.asarray, (expected[name], received[name]))
    if expected.shape != received.shape or expected.dtype != received.dtype:
        return False
    if expected.dtype.kind == "f":
        return np.allclose(expected, received, rtol=0, atol=TOLERANCE)
    return bool(np.all(expected == received))


def _best_agrees(name, request, expected, received):
    return received["answer"] == received["answers"][0]


def _answers_agree(name, request, expected, received):
    """The same texts in the same order, but for ties."""
    ones, others = (
        _scores_by_text(reply[name], expected["scores"])
        for reply in (expected, received)
    )
    return {text: len(ones[text]) for text in ones} == {
        text: len(others[text]) for text in others
    } and all(
        _tied(one, other)
        for text in ones
        for one, other in zip(ones[text], others[text], strict=True)
    )


def _scores_by_text(texts, scores):
    found = collections.defaultdict(list)
    for text, score in zip(texts, scores, strict=True):
        found[text].append(score)
    return found


def _support_agrees(name, request, expected, received):
    """The same sentences, or others that were read as much."""
    if np.ndim(expected[name]) == 2:
        return _memories_agree(name, request, expected, received)
    return len(expected[name]) == len(received[name]) and all(
        text == other
        or any(
            sentence == other and _tied(weight, max(weights))
            for sentence, weight in zip(request.story, weights, strict=True)
        )
        for text, other, weights in zip(
            expected[name], received[name], expected["attention"], strict=True
        )
    )


def _memories_agree(name, request, expected, received):
    """The same memories `(K, k)`, but where several were read as much.

    Where the least is, memories that were not read may be tied with it.
    """
    weights = expected["attention"]
    return np.shape(expected[name]) == np.shape(received[name]) and all(
        one == other
        or _tied(weight, min(of_hop))
        or sum(_tied(weight, every) for every in of_hop) > 1
        for of_hop, ones, others in zip(
            weights, expected[name], received[name], strict=True
        )
        for weight, one, other in zip(of_hop, ones, others, strict=True)
    )


def _tied(one, other):
    return abs(one - other) <= TIE * max(abs(one), abs(other))


_AGREE = {
    "answer": _best_agrees,
    "answers": _answers_agree,
    "ids": _memories_agree,
    "support": _support_agrees,
}
