"""Malformed requests: each gets an error of the client's, and no more.

Right requests are asked in between, whose answers stay what they were, and
the server's memory stays bounded.
"""

import json
import pathlib
import socket

import grpc
import hypothesis
import pytest
from hypothesis import strategies as st

from tests.export.serve import calls
from tests.export.serve.processes import serving

pytestmark = pytest.mark.serving
ORDINARY, SLOW = 300, 10_000
MOST_GROWTH = 300 * 2**20  # bytes
PREDICT = "/v1/models/memn2n:predict"
RIGHT = {"story": [["john went", "mary is"]], "question": ["where is mary"]}
INPUTS = ["story", "question", "slots", "mask", "time", "sentence", "x", ""]
SIGNATURES = ["", "serving_default", "encode", "respond", "converse", "\x00"]
CLIENTS_FAULT = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["\ud800", {"b64": "am9obg=="}, {"b64": "?"}, {"b64": 1}]),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(INPUTS), inner, max_size=3),
    ),
    max_leaves=12,
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.integers(1, 5000).map(lambda depth: b"[" * depth),
    st.integers(1, len(json.dumps({"inputs": RIGHT})) - 1).map(
        lambda stop: json.dumps({"inputs": RIGHT}).encode()[:stop]
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "inputs": st.one_of(
                values,
                st.dictionaries(st.sampled_from(INPUTS), values, max_size=4),
            ),
            "instances": values,
            "signature_name": st.one_of(st.sampled_from(SIGNATURES), leaves),
        },
    ).map(lambda body: json.dumps(body).encode()),
)


@st.composite
def http_requests(draw):
    """Bytes of a request, and whether the body is as long as it says."""
    body = draw(bodies)
    length = draw(
        st.one_of(
            st.just(len(body)),
            st.integers(-5, 300),
            st.sampled_from([10**9, "x", "", 2**70]),
        )
    )
    method = draw(st.sampled_from(["POST", "GET", "PUT", "\x00", "HEAD"]))
    path = draw(
        st.sampled_from([PREDICT, "/v1/models/%ff:predict", "/", "*", "a b"])
    )
    head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}"
    head += "\r\nConnection: close\r\n\r\n"
    return head.encode() + body, length == len(body)


@st.composite
def rpc_requests(draw):
    """Bytes of a PredictRequest, not a right one."""
    request = calls.request_of({})
    request.model_spec.signature_name = draw(st.sampled_from(SIGNATURES))
    names = draw(st.lists(st.sampled_from(INPUTS), unique=True, max_size=6))
    for name in names:
        proto = request.inputs[name]
        proto.dtype = draw(st.sampled_from([0, 1, 3, 7, 9, 10, 19, 999]))
        sizes = st.one_of(st.integers(-2, 4), st.just(2**40), st.just(300))
        for size in draw(st.lists(sizes, max_size=4)):
            proto.tensor_shape.dim.add().size = size
        proto.tensor_shape.unknown_rank = draw(st.booleans())
        proto.tensor_content = draw(st.binary(max_size=20))
        proto.string_val.extend(
            draw(st.lists(st.binary(max_size=10), max_size=5))
        )
        proto.int_val.extend(
            draw(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=5))
        )
        proto.float_val.extend(draw(st.lists(st.floats(width=32), max_size=5)))
        proto.bool_val.extend(draw(st.lists(st.booleans(), max_size=5)))
    request.output_filter.extend(
        draw(st.lists(st.sampled_from(["answer", "x", ""]), max_size=2))
    )
    data = request.SerializeToString()
    start = draw(st.integers(0, 3))
    return data[start:] if draw(st.booleans()) else data


def _fuzz(server, count):
    """Sends `count` malformed requests, half over each protocol."""
    settings = hypothesis.settings(
        max_examples=count // 2,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    sent = 0
    with calls.prediction(server) as stub, calls.channel(server) as channel:
        predict = channel.unary_unary(
            "/tensorflow.serving.PredictionService/Predict"
        )
        right = calls.request_of(RIGHT)
        expected = stub.Predict(right)

        def still_right():
            nonlocal sent
            sent += 1
            if sent % 10 == 0:
                assert stub.Predict(right, timeout=60) == expected

        @settings
        @hypothesis.given(http_requests())
        def over_http(request):
            data, whole = request
            with socket.create_connection(
                ("127.0.0.1", server.rest_port), 20
            ) as client:
                client.sendall(data)
                if not whole:  # else the server would wait for the rest
                    client.shutdown(socket.SHUT_WR)
                reply = calls.received(client)
            if whole or reply:  # none to a client that left before its turn
                status = int(reply.split(b" ", 2)[1])
                assert status == 200 or 400 <= status < 500, reply
            still_right()

        @settings
        @hypothesis.given(rpc_requests())
        def over_grpc(data):
            try:
                predict(data, timeout=60)
            except grpc.RpcError as error:
                assert error.code() in CLIENTS_FAULT, error
                assert error.details()
            still_right()

        over_http()
        over_grpc()
        assert stub.Predict(right, timeout=60) == expected
    return sent


def _resident_bytes(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if "VmRSS" in line]
    return int(line.split()[1]) * 1024


def test_malformed_requests_get_errors(shared_server):
    assert _fuzz(shared_server, ORDINARY) >= ORDINARY * 0.9


@pytest.mark.slow
def test_many_malformed_requests_leave_memory_bounded(folder, tmp_path):
    with serving(folder, tmp_path / "log") as server:
        _fuzz(server, ORDINARY)
        before = _resident_bytes(server.process)
        assert _fuzz(server, SLOW) >= SLOW * 0.9
        assert _resident_bytes(server.process) < before + MOST_GROWTH
    assert "Traceback" not in (tmp_path / "log").read_text()
