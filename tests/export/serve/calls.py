"""Requests to a server, as clients make them."""

import contextlib
import http.client
import json
import socket
import threading

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import (
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from export.serve.signature import Signature


def request_of(inputs, name="memn2n", signature=""):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    for key, value in inputs.items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return request


def question_of(story, question):
    """Inputs of one row."""
    shape = 1, len(story)
    return {
        "story": np.array(story, object).reshape(shape).astype("S"),
        "question": np.array([question], "S"),
    }


@contextlib.contextmanager
def channel(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as opened:
        yield opened


@contextlib.contextmanager
def prediction(server):
    with channel(server) as opened:
        yield prediction_service_pb2_grpc.PredictionServiceStub(opened)


@contextlib.contextmanager
def model_service(server):
    with channel(server) as opened:
        yield model_service_pb2_grpc.ModelServiceStub(opened)


def arrays(response):
    return {
        name: tf.make_ndarray(proto) for name, proto in response.outputs.items()
    }


def rest(server, method, path, body=None):
    """Status, JSON (or text) and headers of a reply."""
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port)
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    connection.request(method, path, body)
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    if reply.headers["Content-Type"] == "application/json":
        return reply.status, json.loads(text), reply.headers
    return reply.status, text, reply.headers


def raw(server, data, seconds=20):
    """All that comes back for bytes sent as they are."""
    address = "127.0.0.1", server.rest_port
    with socket.create_connection(address, seconds) as connection:
        connection.sendall(data)
        return received(connection)


def received(connection):
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


class Gate:
    """Holds calls of the model back until it is opened.

    Attributes:
        calls: the rows of each call that was let through or waits.
    """

    def __init__(self, monkeypatch):
        self.calls = []
        self._open = threading.Event()
        self._came = threading.Semaphore(0)
        run = Signature.run

        def held_back(signature, inputs):
            self.calls.append(len(next(iter(inputs.values()))))
            self._came.release()
            assert self._open.wait(60)
            return run(signature, inputs)

        monkeypatch.setattr(Signature, "run", held_back)

    def wait_for_call(self):
        assert self._came.acquire(timeout=60)

    def open(self):
        self._open.set()
