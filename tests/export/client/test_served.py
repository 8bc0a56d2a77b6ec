"""The client and `export.serve`, a network between them."""

import json
from concurrent import futures

import numpy as np
import pytest

from export.client import Client, ServingError
from tests.experiments.driver import run

pytest.importorskip("tensorflow_serving", reason="needs the extra serving")
pytestmark = pytest.mark.serving

STORIES = [
    [],
    ["John went to the garden"],
    ["John went to the garden", "", "Mary went to the Zoo"],
    [f"{name} went to the office" for name in ("John", "Mary") * 4],
]
QUESTIONS = ["Where is John?", "", "Where is Mary?", "Is Zyx where?"]


@pytest.fixture(scope="module")
def server(models):
    from export.serve.server import Server

    with Server({"memn2n": models}, grpc_port=0, rest_port=0) as server:
        yield server


@pytest.fixture(params=["grpc", "rest"])
def address(request, server):
    port = getattr(server, f"{request.param}_port")
    scheme = "http://" if request.param == "rest" else ""
    return {request.param: f"{scheme}localhost:{port}"}


@pytest.fixture
def client(address):
    with Client("memn2n", **address) as client:
        yield client


def _assert_same(reply, answer):
    """A `Reply` says what the network's `Answer` does."""
    assert reply.answer == answer.text
    assert reply.answers[0] == answer.text
    assert reply.score == pytest.approx(answer.score, abs=1e-5)
    assert reply.support == answer.support
    np.testing.assert_allclose(reply.attention, answer.addresses, atol=1e-5)


def test_replies_are_the_answers_of_the_network(client, network):
    answers = network.answer(STORIES, QUESTIONS)
    for reply, answer in zip(
        client.answer(STORIES, QUESTIONS), answers, strict=True
    ):
        _assert_same(reply, answer)
    for story, question, answer in zip(
        STORIES, QUESTIONS, answers, strict=True
    ):
        _assert_same(client.answer(story, question), answer)


def test_stories_of_every_length_asked_at_once_get_their_own_answers(
    client, network
):
    requests = list(zip(STORIES, QUESTIONS, strict=True)) * 20
    answers = network.answer(*map(list, zip(*requests, strict=True)))
    with futures.ThreadPoolExecutor(16) as threads:
        replies = threads.map(lambda request: client.answer(*request), requests)
    for reply, answer in zip(replies, answers, strict=True):
        _assert_same(reply, answer)


def test_encoded_stories_are_answered_as_whole_ones(client, network):
    for story in STORIES:
        encoded = client.encode(story)
        for question in QUESTIONS:
            _assert_same(
                client.respond(encoded, question),
                network.answer(story, question),
            )


def test_signatures_are_told(client):
    signatures = client.signatures()
    assert signatures["serving_default"] == ["question", "story"]
    assert signatures["encode"] == ["story"]
    assert "question" in signatures["respond"]


def test_a_model_that_is_not_there_is_told(address):
    with (
        Client("memn3n", **address) as client,
        pytest.raises(ServingError, match="memn3n") as caught,
    ):
        client.answer(STORIES[1], QUESTIONS[0])
    assert caught.value.code == "NOT_FOUND"


def test_versions_are_asked_by_number(address, network):
    answer = network.answer(STORIES[1], QUESTIONS[0])
    with Client("memn2n", version=1, **address) as client:
        _assert_same(client.answer(STORIES[1], QUESTIONS[0]), answer)
    with (
        Client("memn2n", version=9, **address) as client,
        pytest.raises(ServingError) as caught,
    ):
        client.answer(STORIES[1], QUESTIONS[0])
    assert caught.value.code == "NOT_FOUND"


def test_a_signature_that_the_model_has_not_is_told(client):
    with pytest.raises(ServingError, match="converse") as caught:
        client.converse(["Hello"])
    # Over REST both are status 400.
    assert caught.value.code in ("FAILED_PRECONDITION", "INVALID_ARGUMENT")


def test_the_command_asks_a_file_of_questions(address, network, tmp_path):
    lines = [
        json.dumps({"story": story, "question": question})
        for story, question in zip(STORIES, QUESTIONS, strict=True)
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    (way, target), *_ = address.items()
    done = run(
        "export.client",
        f"--{way}={target}",
        "--model=memn2n",
        f"--questions_file={tmp_path / 'in.jsonl'}",
    )
    assert done.returncode == 0, done.stderr
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    answers = network.answer(STORIES, QUESTIONS)
    assert [reply["answer"] for reply in replies] == [a.text for a in answers]
    assert [reply["question"] for reply in replies] == QUESTIONS
