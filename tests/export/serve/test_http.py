import json
import socket
import time

import pytest

from export.serve.limits import Limits
from export.serve.server import Server
from tests.export.serve import calls

pytestmark = pytest.mark.serving
BODY = json.dumps(
    {"inputs": {"story": [["john went"]], "question": ["who"]}}
).encode()
HEAD = b"POST /v1/models/memn2n:predict HTTP/1.1\r\nHost: a\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY


@pytest.fixture(scope="module")
def impatient(folder):
    """A server that waits for a client for half a second."""
    limits = Limits(client_seconds=0.5, idle_seconds=0.5, connections=20)
    with Server({"memn2n": folder}, "127.0.0.1", 0, 0, limits=limits) as server:
        yield server


def _connect(server):
    return socket.create_connection(("127.0.0.1", server.rest_port), 20)


def _answered(server):
    """Whether a request to the model has been answered."""
    _, text, _ = calls.rest(server, "GET", "/monitoring/prometheus/metrics")
    return 'requests_total{code="OK"' in text


def _answers(server):
    inputs = json.loads(BODY)
    reply = calls.rest(server, "POST", "/v1/models/memn2n:predict", inputs)
    return reply[0] == 200


def test_requests_one_after_another_on_a_connection(impatient):
    data = calls.raw(impatient, WHOLE * 3)
    assert data.count(b"HTTP/1.1 200") == 3
    # ... and then it is idle for too long, and closed.


def test_a_chunked_body(impatient):
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    data = calls.raw(
        impatient, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks
    )
    assert data.startswith(b"HTTP/1.1 200")


def test_a_client_that_asks_before_it_sends(impatient):
    length = b"Content-Length: %d\r\n" % len(BODY)
    with _connect(impatient) as client:
        client.sendall(HEAD + length + b"Expect: 100-continue\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100")
        client.sendall(BODY)
        assert client.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"POST /v1/models/memn2n:pre",
        HEAD,
        HEAD + b"Content-Length: 5000\r\n\r\n" + BODY,
    ],
)
def test_a_slow_client_is_let_go(impatient, sent):
    start = time.monotonic()
    data = calls.raw(impatient, sent)
    assert data == b"" if not sent else data.startswith(b"HTTP/1.1 408")
    assert time.monotonic() - start < 15
    assert _answers(impatient)


def test_a_byte_at_a_time_is_slow_too(impatient):
    with _connect(impatient) as client, pytest.raises(ConnectionError):
        for byte in WHOLE:
            client.sendall(bytes([byte]))
            time.sleep(0.05)
    assert _answers(impatient)


def test_a_client_that_does_not_read_is_let_go(folder):
    limits = Limits(client_seconds=0.5)
    with (
        Server({"memn2n": folder}, "127.0.0.1", 0, 0, limits=limits) as server,
        socket.socket() as client,
    ):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.rest_port))
        story = [["john"] * 2000] * 200
        body = json.dumps(
            {"inputs": {"story": story, "question": ["who"] * 200}}
        ).encode()
        head = HEAD + b"Content-Length: %d\r\n\r\n" % len(body)
        client.sendall(head + body)
        while not _answered(server):
            time.sleep(0.1)
        time.sleep(1)
        assert _answers(server)
        assert len(calls.received(client)) < 10_000_000


def test_no_more_connections_than_the_limit(impatient):
    clients = [_connect(impatient) for _ in range(40)]
    try:
        refused = [
            client.recv(100).startswith(b"HTTP/1.1 503") for client in clients
        ]
        assert sum(refused) >= 20
    finally:
        for client in clients:
            client.close()
    deadline = time.monotonic() + 20
    while not _answers(impatient):
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    "sent, status",
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no host
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20_000, 431),
        (HEAD + b"Content-Length: -5\r\n\r\n", 400),
        (HEAD + b"Content-Length: x\r\n\r\n", 400),
        (HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400),
        (HEAD + b"Content-Length: 99999999\r\n\r\n" + BODY, 413),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n" + BODY, 501),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (HEAD + b"Content-Length: 5\r\n\r\n" + BODY, 400),
        (b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        (
            b"GET /v1/models/%ff%00 HTTP/1.1\r\nHost: a\r\n"
            b"Connection: close\r\n\r\n",
            404,
        ),
    ],
)
def test_what_is_not_http_gets_an_error(impatient, sent, status):
    data = calls.raw(impatient, sent)
    assert data.startswith(b"HTTP/1.1 %d" % status), data
    assert _answers(impatient)


def test_a_truncated_body_is_refused(impatient):
    with _connect(impatient) as client:
        client.sendall(WHOLE[:-5])
        client.shutdown(socket.SHUT_WR)
        assert calls.received(client).startswith(b"HTTP/1.1 400")


def test_a_body_that_grows_above_the_limit_is_refused(folder):
    limits = Limits(request_bytes=1000, held_bytes=1500)
    with Server({"memn2n": folder}, "127.0.0.1", 0, 0, limits=limits) as server:
        head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        data = calls.raw(
            server,
            head
            + b"300\r\n"
            + b"x" * 0x300
            + b"\r\n" * 1
            + b"300\r\n"
            + b"x" * 0x300,
        )
        assert data.startswith(b"HTTP/1.1 413")
        with _connect(server) as one, _connect(server) as two:
            head = HEAD + b"Content-Length: 900\r\n\r\n" + b"x" * 800
            one.sendall(head)
            time.sleep(0.3)
            two.sendall(head)
            assert two.recv(100).startswith(b"HTTP/1.1 503")
        assert _answers(server)
