"""Text in, text out: stories, questions and answers as strings."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from memnet_tf.layers.response.memory_response import MemoryResponse
from memnet_tf.layers.response.sentence_response import SentenceResponse
from memnet_tf.saved_model import write_saved_model
from memnet_tf.signatures import answer_function, of_stories

__all__ = [
    "Answer",
    "answer",
    "answer_function",
    "as_questions",
    "as_stories",
    "encode",
    "is_text",
    "of_stories",
    "write_saved_model",
]

_CHUNK = 256  # questions answered in one call


class Answer(NamedTuple):
    """What a network says, and what it read to say so.

    Attributes:
        text: the answer.
        score: its share of the softmax over all answers; of a sentence that
            was said word by word, the geometric mean of its words' shares.
        addresses: `(hops, sentences)`, the weight that each hop gave to
            each sentence of the story.
        support: the sentence that each hop read most; "" where none.
    """

    text: str
    score: float
    addresses: np.ndarray
    support: tuple[str, ...]


def is_text(values):
    """Whether `values` (questions or answers) are strings, not ids.

    Ids are an array of numbers; all else is to be strings.
    """
    if not hasattr(values, "dtype"):
        return True
    return np.asarray(values).dtype.kind in "USO"


def as_questions(questions, name="questions"):
    """`questions` as strings `(N,)`, or an error that calls them `name`."""
    return np.array(
        _strings(questions, f"`{name}` to be a list of strings"), object
    )


def as_stories(stories, count):
    """`stories` as strings `(N, T)` padded with "", or an error."""
    return _pad(_story_lists(stories, count))


def encode(network, x, y=None):
    """A story, question and answer of every example, as ids.

    Args:
        network: a `MemoryNetwork`.
        x: dict of `"story"`, a list of stories, `"question"`, a list of
            strings, and optionally `"support"`, for each question the
            sentences of its story (counted from 0) that answer it.
        y: list of answers, or None.

    Returns:
        `(x, y)` for `fit` on ids: stories `(N, S, W)` of the newest `S`
        sentences, questions `(N, W)`, support `(N, K)` as slots, the last
        repeated where a question has fewer than `K` and -1 where the
        sentence was forgotten or there is none; `y` a dict of `"answer"`
        and what else can be trained with support.

    Raises:
        ValueError: something is not of these kinds, or not as many as the
            questions.
    """
    questions = as_questions(x["question"])
    stories = _story_lists(x["story"], len(questions))
    story, kept = _newest(network, stories)
    word_ids = network.word_ids
    ids = {"story": story, "question": _ids(word_ids, questions)}
    labels = {}
    if y is not None:
        answers = as_questions(y, "y")
        _check_count("answers `y`", len(answers), len(questions))
        labels["answer"] = _answer_labels(network, answers, stories, kept)
    if "support" in x:
        _check_count("`support`", len(x["support"]), len(questions))
        support = [
            _slots_read(*example, network.hops)
            for example in zip(x["support"], stories, kept, strict=True)
        ]
        ids["support"] = np.array(support, "int32").reshape(-1, network.hops)
        labels[network.support_output] = ids["support"]
    return ids, (labels if y is not None else None)


def answer(network, stories, questions):
    """`Answer`s of a network to a list of questions about their stories."""
    questions = as_questions(questions)
    stories = _story_lists(stories, len(questions))
    answers = []
    for start in range(0, len(questions), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        answers += _answer(network, stories[chunk], questions[chunk])
    return answers


def _answer(network, stories, questions):
    outputs = network.answer_text(
        tf.constant(_pad(stories), tf.string),
        tf.constant(questions, tf.string),
    )
    outputs = {name: value.numpy() for name, value in outputs.items()}
    return [
        Answer(
            text=outputs["answer"][row].decode(),
            score=float(outputs["score"][row]),
            addresses=outputs["attention"][row][:, : len(story)],
            support=tuple(
                sentence.decode() for sentence in outputs["support"][row]
            ),
        )
        for row, story in enumerate(stories)
    ]


def _newest(network, stories):
    """What a memory keeps of each story.

    Returns:
        Ids `(N, S, W)`, and for each story the sentences in its slots, a
        sequence of at most `S` numbers.
    """
    numbers = {}  # each different sentence is looked up once
    rows = [
        [numbers.setdefault(sentence, len(numbers)) for sentence in story]
        for story in stories
    ]
    sentence_ids = _ids(network.word_ids, list(numbers))
    written = sentence_ids.any(axis=1)
    slots = network.memory_size
    story_ids = np.zeros(
        (len(rows), slots, sentence_ids.shape[1]), sentence_ids.dtype
    )
    kept = []
    for ids, row in zip(story_ids, rows, strict=True):
        keep = list(range(len(row)))
        if len(row) > slots:  # blank sentences do not push others out
            keep = [place for place in keep if written[row[place]]][-slots:]
        ids[: len(keep)] = sentence_ids[[row[place] for place in keep]]
        kept.append(keep)
    return story_ids, kept


def _answer_labels(network, answers, stories, kept):
    """Each answer's place among the scores of the network; or its words."""
    if isinstance(network.response, SentenceResponse):
        return _ids(network.word_ids, answers)
    if isinstance(network.response, MemoryResponse):
        told = [
            [story[sentence] for sentence in slots]
            for story, slots in zip(stories, kept, strict=True)
        ]
    elif network.candidates:
        told = [network.candidates] * len(answers)
    else:
        return _ids(network.word_ids.word_id, answers)
    for answer, texts in zip(answers, told, strict=True):
        if answer not in texts:
            raise ValueError(
                "Expected every answer `y` to be one of the texts that can "
                f"be answered. Received: {_shorten(answer)}, not one of "
                f"{_shorten(texts)}"
            )
    places = [
        texts.index(answer) for answer, texts in zip(answers, told, strict=True)
    ]
    return np.array(places, "int32")


def _slots_read(support, story, kept, hops):
    """The slot that each hop should read; -1 where it was forgotten."""
    read = list(support)
    if not all(0 <= sentence < len(story) for sentence in read):
        raise ValueError(
            "Expected `support` to be sentences of the story, counted from "
            f"0. Received: {_shorten(read)} for {len(story)} sentences"
        )
    read = read[:hops]
    read += (read[-1:] or [-1]) * (hops - len(read))
    return [
        kept.index(sentence) if sentence in kept else -1 for sentence in read
    ]


def _ids(look_up, strings):
    return look_up(tf.constant(strings, tf.string)).numpy()


def _story_lists(stories, count):
    """`stories` as a list of lists of strings, or an error."""
    if isinstance(stories, str | bytes) or not isinstance(stories, Iterable):
        raise ValueError(
            "Expected `stories` to be a list of stories, each a list of "
            f"sentences. Received: {_shorten(stories)}"
        )
    expected = "every story of `stories` to be a list of sentences"
    stories = [_strings(story, expected) for story in stories]
    _check_count("`stories`", len(stories), count)
    return stories


def _pad(stories):
    longest = max((len(story) for story in stories), default=0)
    padded = np.full((len(stories), max(longest, 1)), "", object)
    for row, story in zip(padded, stories, strict=True):
        row[: len(story)] = story
    return padded


def _strings(values, expected):
    """`values` as a list of strings that UTF-8 can write, or an error."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise ValueError(f"Expected {expected}. Received: {_shorten(values)}")
    strings = []
    for value in values:
        if not isinstance(value, str):
            raise ValueError(
                f"Expected {expected}. Received one with {_shorten(value)}"
            )
        strings.append(value.encode(errors="replace").decode())
    return strings


def _check_count(name, received, expected):
    if received != expected:
        raise ValueError(
            f"Expected as many {name} as `questions`. Received: "
            f"{received} and {expected}"
        )


def _shorten(value):
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
