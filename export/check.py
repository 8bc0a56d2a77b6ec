"""Checks that a SavedModel answers as its network does, wherever it runs.

The same requests are answered by the network itself; in a TF1 Session, which
is how TensorFlow Serving runs a SavedModel (some that Python loads fail
there); by a process that imports TensorFlow alone; and by a C program. The
texts are to be equal, and numbers within 1e-5.
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from export import c_program

TOLERANCE = 1e-5  # of scores and attention
TIE = 1e-5  # the part by which two numbers may differ and still be equal
_BATCH = 50  # requests in a batch
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


class DifferenceError(AssertionError):
    """A SavedModel does not answer as its network does."""


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

    longest = min(network.generalization.slots, 1000) + 3
    lengths = [0, 1, longest, *rng.integers(0, min(longest, 20), count)]
    return [
        Request([sentence() for _ in range(length)], sentence())
        for length in lengths[:count]
    ]


def eager(network, requests):
    """What the network replies; see `session`."""
    return _in_batches(
        lambda story, question: {
            name: value.numpy()
            for name, value in network.answer_text(
                tf.constant(story, tf.string), tf.constant(question, tf.string)
            ).items()
        },
        requests,
    )


def session(saved_model, requests):
    """What a SavedModel replies in a TF1 Session.

    Returns:
        A dict for each request, by the names of `answer_function`, without
        the batch: texts as bytes, `attention` as `(hops, sentences)`.
    """
    with tf.compat.v1.Session(graph=tf.Graph()) as running:
        meta_graph = tf.compat.v1.saved_model.load(
            running, [tf.saved_model.SERVING], str(saved_model)
        )
        signature = meta_graph.signature_def["serving_default"]
        outputs = {
            name: tensor.name for name, tensor in signature.outputs.items()
        }
        return _in_batches(
            lambda story, question: running.run(
                outputs,
                {
                    signature.inputs["story"].name: story,
                    signature.inputs["question"].name: question,
                },
            ),
            requests,
        )


def tensorflow_only(saved_model, requests):
    """What it replies in a process of TensorFlow alone; see `session`."""
    script = pathlib.Path(__file__).with_name("tensorflow_only.py")
    ran = subprocess.run(
        [sys.executable, "-I", script, saved_model],
        input=json.dumps(requests, default=lambda text: text.decode("latin-1")),
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        raise RuntimeError(f"{script.name} failed: {ran.stderr}")
    replies = json.loads(ran.stdout)
    for reply in replies:
        for name, value in reply.items():
            if name == "answer":
                reply[name] = value.encode("latin-1")
            elif name in ("answers", "support"):
                reply[name] = [text.encode("latin-1") for text in value]
            else:
                reply[name] = np.array(value, "float32")
    return replies


def compare(requests, expected, received):
    """Raises `DifferenceError`, which tells the first, if replies differ."""
    for number, (request, *replies) in enumerate(
        zip(requests, expected, received, strict=True)
    ):
        for name, agree in _AGREE.items():
            if not agree(name, request, *replies):
                raise DifferenceError(
                    f"Request {number}: question {request.question!r} about "
                    f"story {request.story!r}. Expected {name}: "
                    f"{replies[0][name]!r}. Received: {replies[1][name]!r}"
                )


def check(network, saved_model, requests):
    """Compares a SavedModel with its network, in every way to run it.

    Args:
        network: the `MemoryNetwork`.
        saved_model: the folder that it was exported to.
        requests: a list of `Request`s.

    Returns:
        A line for each way to run it: that all is equal, or why it was not
        run.

    Raises:
        DifferenceError: a reply differs. The message tells the first.
    """
    expected = eager(network, requests)
    ways = {
        "a TF1 Session": session,
        "a process of TensorFlow alone": tensorflow_only,
        "a C program": _in_c,
    }
    lines = []
    for name, run in ways.items():
        try:
            received = run(saved_model, requests)
        except c_program.CannotBuildError as error:
            lines.append(f"{name}: not run. {error}")
            continue
        try:
            compare(requests, expected, received)
        except DifferenceError as error:
            raise DifferenceError(f"In {name}: {error}") from None
        lines.append(f"{name}: {len(requests)} replies equal the network's")
    return lines


def _in_c(saved_model, requests):
    with tempfile.TemporaryDirectory() as folder:
        program = c_program.build(folder)
        return c_program.replies(program, saved_model, requests)


def _in_batches(run, requests):
    """Runs a function of arrays of strings on padded batches of requests."""
    replies = []
    for start in range(0, len(requests), _BATCH):
        batch = requests[start : start + _BATCH]
        longest = max(len(request.story) for request in batch)
        story = np.full((len(batch), longest), b"", object)
        for padded, request in zip(story, batch, strict=True):
            padded[: len(request.story)] = request.story
        question = np.array([request.question for request in batch], object)
        outputs = run(story, question)
        for row, request in enumerate(batch):
            reply = {name: value[row] for name, value in outputs.items()}
            reply["attention"] = reply["attention"][:, : len(request.story)]
            replies.append(reply)
    return replies


def _numbers_agree(name, request, expected, received):
    expected, received = expected[name], received[name]
    return np.shape(expected) == np.shape(received) and np.allclose(
        expected, received, rtol=0, atol=TOLERANCE
    )


def _best_agrees(name, request, expected, received):
    return received["answer"] == received["answers"][0]


def _answers_agree(name, request, expected, received):
    """The same texts in the same order, but for ties."""
    if collections.Counter(expected[name]) != collections.Counter(
        received[name]
    ):
        return False
    scores = expected["scores"]
    score_of = dict(zip(expected[name], scores, strict=True))
    return all(
        _tied(score_of[text], score)
        for text, score in zip(received[name], scores, strict=True)
    )


def _support_agrees(name, request, expected, received):
    """The same sentences, or others that were read as much."""
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


def _tied(one, other):
    return abs(one - other) <= TIE * max(abs(one), abs(other))


_AGREE = {
    "score": _numbers_agree,
    "scores": _numbers_agree,
    "attention": _numbers_agree,
    "answers": _answers_agree,
    "answer": _best_agrees,
    "support": _support_agrees,
}
