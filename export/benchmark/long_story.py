"""Many questions about one long story: told every time, or encoded once."""

import time

import numpy as np

from export.benchmark import setting
from export.client import Client

SENTENCES = 200
QUESTIONS = 100


def ways_of_session(session):
    """Functions that reply to all questions, by what they are called."""
    story, questions = _story_and_questions()
    asked = [
        setting.as_bytes(setting.inputs([story], [question]))
        for question in questions
    ]

    def encoded():
        told = {"story": asked[0]["story"]}
        memory = session.run(told, "encode")
        return [
            session.run({**memory, **inputs}, "respond") for inputs in asked
        ]

    return {
        "whole requests": lambda: [session.run(inputs) for inputs in asked],
        "encode once": encoded,
    }


def ways_of_server(target):
    """The same over gRPC."""
    story, questions = _story_and_questions()
    client = Client(target.name, grpc=target.addresses["grpc"])

    def encoded():
        memory = client.encode(story)
        return [
            client.respond(memory, question)._asdict() for question in questions
        ]

    return {
        "whole requests": lambda: [
            client.answer(story, question)._asdict() for question in questions
        ],
        "encode once": encoded,
    }


def measure(ways, repeats):
    """Milliseconds of each way, one a repeat.

    Raises:
        AssertionError: the ways do not give the same answers.
    """
    replies = [reply() for reply in ways.values()]  # and warms up
    for one, other in zip(*replies, strict=True):
        np.testing.assert_array_equal(one["answer"], other["answer"])
        np.testing.assert_allclose(one["score"], other["score"], atol=1e-5)
    taken = {name: [] for name in ways}
    for _ in range(repeats):
        for name, reply in ways.items():
            started = time.perf_counter()
            reply()
            taken[name].append(1000 * (time.perf_counter() - started))
    return taken


def _story_and_questions():
    stories, questions = setting.examples(QUESTIONS, SENTENCES)
    return stories[0], questions
