"""What the client sends, and what it makes of what comes back."""

import json
import socket
import subprocess
import sys

import numpy as np
import pytest

from export.client import Client, ServingError
from export.client.rest_transport import model_path
from tests.export.client import servers

STORY = ["John went to the garden", "Mary went to the office"]
OUTPUTS = {
    "answer": ["garden"],
    "score": [0.5],
    "answers": [["garden", "office", "attic", "", ""]],
    "scores": [[0.5, 0.3, 0.2, 0.0, 0.0]],
    # To a blank sentence, two of the story, and two of a longer story that
    # the server answered at the same time.
    "attention": [[[0.0, 0.75, 0.25, 0.0, 0.0]]],
    "support": [[STORY[0]]],
}
OWN_MEMORY = {
    **OUTPUTS,
    "attention": [[[0.75, 0.25]]],
    "support": [[["John is in the garden", ""]]],
    "ids": [[[7, 3]]],
}


def _free_port():
    with socket.socket() as found:
        found.bind(("localhost", 0))
        return found.getsockname()[1]


@pytest.fixture(
    params=["rest", pytest.param("grpc", marks=pytest.mark.serving)]
)
def way(request):
    if request.param == "grpc":
        pytest.importorskip("tensorflow_serving")
    return request.param


def _served(way, *replies):
    """A server of outputs, by name, or of codes of errors."""
    if way == "rest":
        status = {"INVALID_ARGUMENT": 400, "NOT_FOUND": 404}
        status |= {"RESOURCE_EXHAUSTED": 429, "UNAVAILABLE": 503}
        status |= {"DEADLINE_EXCEEDED": 504}
        return servers.rest_server(
            (status[reply], {"error": "said so"})
            if isinstance(reply, str)
            else (200, {"outputs": reply})
            for reply in replies
        )
    import grpc

    return servers.grpc_server(
        (grpc.StatusCode[reply], "said so")
        if isinstance(reply, str)
        else _response(reply)
        for reply in replies
    )


def _response(outputs):
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    response = predict_pb2.PredictResponse()
    for name, values in outputs.items():
        dtype = {"f": tf.float32, "i": tf.int32}.get(
            np.array(values).dtype.kind
        )
        tensor = tf.make_tensor_proto(values, dtype)
        response.outputs[name].CopyFrom(tensor)
    return response


def _inputs(way, request):
    """The signature and the inputs of a request, as lists."""
    if way == "rest":
        body = json.loads(request[1])
        return body["signature_name"], body["inputs"]
    import tensorflow as tf

    def decoded(values):
        if isinstance(values, list):
            return [decoded(value) for value in values]
        return values.decode() if isinstance(values, bytes) else values

    return request.model_spec.signature_name, {
        name: decoded(tf.make_ndarray(tensor).tolist())
        for name, tensor in request.inputs.items()
    }


def test_a_question_is_answered(way):
    with (
        _served(way, OUTPUTS) as (address, requests),
        Client("memn2n", **{way: address}) as client,
    ):
        reply = client.answer(STORY, "Where is John?")
    assert (reply.answer, reply.score) == ("garden", 0.5)
    assert reply.answers == ("garden", "office", "attic", "", "")
    np.testing.assert_allclose(reply.scores, [0.5, 0.3, 0.2, 0, 0], rtol=1e-6)
    assert reply.support == (STORY[0],)
    assert reply.ids is None
    assert _inputs(way, requests[0]) == (
        "serving_default",
        {"question": ["Where is John?"], "story": [["", *STORY]]},
    )


def test_attention_is_that_of_the_callers_sentences(way):
    with (
        _served(way, OUTPUTS) as (address, _),
        Client("memn2n", **{way: address}) as client,
    ):
        reply = client.answer(STORY, "Where is John?")
    assert reply.attention.dtype == np.float32
    assert reply.attention.tolist() == [[0.75, 0.25]]


def test_several_stories_are_padded_to_the_longest(way):
    outputs = {name: values * 2 for name, values in OUTPUTS.items()}
    with (
        _served(way, outputs) as (address, requests),
        Client("memn2n", **{way: address}) as client,
    ):
        first, second = client.answer([STORY[:1], STORY], ["Who?", "Where?"])
    assert first.attention.shape == (1, 1)
    assert second.attention.shape == (1, 2)
    _, inputs = _inputs(way, requests[0])
    assert inputs["story"] == [["", STORY[0], ""], ["", *STORY]]


def test_a_network_with_a_memory_of_its_own_is_sent_no_story(way):
    with (
        _served(way, OWN_MEMORY) as (address, requests),
        Client("facts", **{way: address}) as client,
    ):
        reply = client.answer(None, "Where is John?")
    assert reply.ids.tolist() == [[7, 3]]
    assert reply.support == (("John is in the garden", ""),)
    assert reply.attention.tolist() == [[0.75, 0.25]]
    _, inputs = _inputs(way, requests[0])
    assert inputs == {"question": ["Where is John?"]}


def test_what_encode_gave_goes_to_respond(way):
    encoded = {
        "slots": [[[0.5, -1.25]]],
        "mask": [[True]],
        "time": [[0]],
        "sentence": [[1]],
    }
    with (
        _served(way, encoded, OUTPUTS) as (address, requests),
        Client("memn2n", **{way: address}) as client,
    ):
        reply = client.respond(client.encode(STORY), "Where is John?")
    assert reply.attention.tolist() == [[0.75, 0.25]]
    padded = [["", *STORY]]
    assert _inputs(way, requests[0]) == ("encode", {"story": padded})
    assert _inputs(way, requests[1]) == (
        "respond",
        {**encoded, "story": padded, "question": ["Where is John?"]},
    )


def test_a_conversation_is_sent_as_turns(way):
    with (
        _served(way, OUTPUTS) as (address, requests),
        Client("dialog", **{way: address}) as client,
    ):
        client.converse(["Hello", "Good morning", "A table for two?"])
    assert _inputs(way, requests[0]) == (
        "converse",
        {"turns": [["", "Hello", "Good morning", "A table for two?"]]},
    )


def test_a_full_server_is_asked_again(way):
    replies = ("UNAVAILABLE", "RESOURCE_EXHAUSTED", OUTPUTS)
    with (
        _served(way, *replies) as (address, requests),
        Client("memn2n", **{way: address}) as client,
    ):
        assert client.answer(STORY, "Where is John?").answer == "garden"
    assert len(requests) == 3


@pytest.mark.parametrize(
    "code", ["INVALID_ARGUMENT", "NOT_FOUND", "DEADLINE_EXCEEDED"]
)
def test_an_error_says_what_the_server_said(way, code):
    with (
        _served(way, code) as (address, requests),
        Client("memn2n", **{way: address}) as client,
        pytest.raises(ServingError, match="said so") as caught,
    ):
        client.answer(STORY, "Where is John?")
    assert caught.value.code == code
    assert address in str(caught.value)
    assert len(requests) == 1


def test_without_a_server_it_says_so(way):
    address = f"localhost:{_free_port()}"
    address = f"http://{address}" if way == "rest" else address
    with (
        Client("memn2n", deadline=0.5, **{way: address}) as client,
        pytest.raises(ServingError, match="There is no server") as caught,
    ):
        client.answer(STORY, "Where is John?")
    assert caught.value.code == "UNAVAILABLE"


def test_a_server_that_never_replies_meets_the_deadline(way):
    with socket.create_server(("localhost", 0)) as silent:
        address = f"localhost:{silent.getsockname()[1]}"
        address = f"http://{address}" if way == "rest" else address
        with (
            Client("memn2n", deadline=0.5, **{way: address}) as client,
            pytest.raises(ServingError) as caught,
        ):
            client.answer(STORY, "Where is John?")
    assert caught.value.code in ("DEADLINE_EXCEEDED", "UNAVAILABLE")


def test_a_connection_that_was_closed_is_opened_again():
    replies = [(200, {"outputs": OUTPUTS})] * 2
    with servers.rest_server(replies) as (address, _):
        client = Client("memn2n", rest=address)
        client.answer(STORY, "Where is John?")
        client._transport._idle[0].sock.shutdown(socket.SHUT_RDWR)
        assert client.answer(STORY, "Where is John?").answer == "garden"
        client.close()


def test_a_reply_that_is_no_json_is_shown():
    page = b"<html>502 Bad Gateway</html>"
    with (
        servers.rest_server([(502, page)]) as (address, _),
        Client("memn2n", rest=address) as client,
        pytest.raises(ServingError, match="502 Bad Gateway") as caught,
    ):
        client.answer(STORY, "Where is John?")
    assert caught.value.code == "HTTP 502"


def test_paths_are_those_of_tensorflow_serving():
    assert model_path("memn2n") == "/v1/models/memn2n"
    assert model_path("memn2n", version=2) == "/v1/models/memn2n/versions/2"
    assert model_path("a/b", label="ä") == "/v1/models/a%2Fb/labels/%C3%A4"


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({}, "either `grpc` or `rest`"),
        ({"grpc": "a:1", "rest": "http://a:1"}, "either `grpc` or `rest`"),
        ({"rest": "a:1"}, "http://host:port"),
        ({"rest": "http://a:1", "version": 1, "label": "new"}, "not both"),
    ],
)
def test_arguments_that_cannot_be_meant_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Client("memn2n", **arguments)


@pytest.mark.parametrize(
    "stories, questions, message",
    [
        ("a sentence", "Who?", "`story` to be a list"),
        ([b"bytes"], "Who?", "`story` to be strings"),
        ([STORY], ["Who?", "Where?"], "as many `stories` as"),
        ([STORY], [1], "`questions` to be strings"),
    ],
)
def test_what_is_no_text_is_refused_before_it_is_sent(
    stories, questions, message
):
    with (
        Client("memn2n", rest=f"http://localhost:{_free_port()}") as client,
        pytest.raises(ValueError, match=message),
    ):
        client.answer(stories, questions)


def test_over_rest_neither_tensorflow_nor_keras_is_imported():
    heavy = {"tensorflow", "keras", "memnet_tf", "grpc"}
    code = (
        "import sys; from export.client import Client; "
        "Client('m', rest='http://localhost:1'); "
        f"assert not {heavy} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_utf_8_cannot_write_is_replaced(way):
    with (
        _served(way, OUTPUTS) as (address, requests),
        Client("memn2n", **{way: address}) as client,
    ):
        client.answer(["John \ud800"], "Who?")
    _, inputs = _inputs(way, requests[0])
    assert inputs["story"] == [["", "John ?"]]
