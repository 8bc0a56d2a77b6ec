"""Requests to try a SavedModel with, whatever its signatures take."""

from typing import NamedTuple

import numpy as np

_STRANGE = (
    b"",
    b" ",
    b"...",
    "Ünïcödé 東京 🙂".encode(),
    b"\xff\xfe \x80",
    b"'",
)


class Request(NamedTuple):
    """A story, the oldest sentence first, and a question, in UTF-8."""

    story: list[bytes]
    question: bytes


def requests_of(stories, questions):
    """Stories and questions, strings, as `Request`s."""
    return [
        Request([sentence.encode() for sentence in story], question.encode())
        for story, question in zip(stories, questions, strict=True)
    ]


def random_requests(network, count, seed=0):
    """Requests of the network's words and others, a list of `count`.

    Among them are stories that are empty or longer than the memory, blank
    sentences and questions, long ones, unknown words and invalid UTF-8.
    """
    rng = np.random.default_rng(seed)
    words = [word.encode() for word in network.word_ids.vocabulary]
    words += [b"Zyx%d" % number for number in range(len(words) // 4 + 1)]
    most = 2 * network.word_ids.sentence_length

    def sentence():
        if rng.random() < 0.15:
            return _STRANGE[rng.integers(len(_STRANGE))]
        return b" ".join(rng.choice(words, rng.integers(1, most)))

    longest = min(slots_of(network), 1000) + 3
    lengths = [0, 1, longest, *rng.integers(0, min(longest, 20), count)]
    return [
        Request([sentence() for _ in range(length)], sentence())
        for length in lengths[:count]
    ]


def slots_of(network):
    """Sentences of a story that a network remembers; 0 if it reads none."""
    reads_stories = hasattr(network, "generalization")
    return network.memory_size if reads_stories else 0


def inputs_of(requests):
    """Requests as a batch of every input of text that signatures have.

    Returns:
        A dict of arrays of bytes, padded with b"": `story` `(B, T)`,
        `question` `(B,)` and `turns` `(B, T + 1)`.

    Example:

    >>> inputs = inputs_of([Request([b"a"], b"b?"), Request([], b"c?")])
    >>> inputs["story"].tolist(), inputs["turns"].tolist()
    ([[b'a'], [b'']], [[b'a', b'b?'], [b'c?', b'']])
    """
    return {
        "story": _padded([request.story for request in requests]),
        "question": np.array([r.question for r in requests], object),
        "turns": _padded([[*r.story, r.question] for r in requests]),
    }


def _padded(rows):
    longest = max(len(row) for row in rows)
    padded = np.full((len(rows), longest), b"", object)
    for line, row in zip(padded, rows, strict=True):
        line[: len(row)] = row
    return padded
