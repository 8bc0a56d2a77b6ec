import collections
import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time

import grpc
import pytest

from export.serve.server import Server
from tests.export.serve import calls
from tests.export.serve.processes import serving

pytestmark = pytest.mark.serving
CLIENTS = 8


def test_what_is_in_flight_is_answered_and_no_more(folder, monkeypatch):
    server = Server({"memn2n": folder}, "127.0.0.1", 0, 0)
    request = calls.request_of(calls.question_of(["john went"], "who"))
    body = json.dumps({"inputs": {"story": [["john"]], "question": ["who"]}})
    running = contextlib.ExitStack()
    running.enter_context(server)
    with running, calls.prediction(server) as stub:
        gate = calls.Gate(monkeypatch)
        in_flight = stub.Predict.future(request, timeout=60)
        gate.wait_for_call()
        address = "127.0.0.1", server.rest_port
        with (
            socket.create_connection(address, 20) as client,
            socket.create_connection(address, 20) as idle,
        ):
            client.sendall(
                b"POST /v1/models/memn2n:predict HTTP/1.1\r\nHost: a\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body.encode())
            )
            time.sleep(0.3)
            stopping = threading.Thread(target=running.pop_all().close)
            stopping.start()
            assert idle.recv(10) == b""  # closed
            deadline = time.monotonic() + 20
            while _connects(address):
                assert time.monotonic() < deadline
            with pytest.raises(grpc.RpcError) as error:
                stub.Predict(request, timeout=60)
            assert error.value.code() is grpc.StatusCode.UNAVAILABLE
            gate.open()
            assert in_flight.result().model_spec.version.value == 1
            reply = calls.received(client)
            assert reply.startswith(b"HTTP/1.1 200")
            assert b"Connection: close" in reply
        stopping.join()


def _connects(address):
    try:
        socket.create_connection(address, 20).close()
    except ConnectionError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_under_load_ends_it_with_0(folder, tmp_path, number):
    outcomes = collections.Counter()
    log = tmp_path / "log"

    def ask(server):
        request = calls.request_of(calls.question_of(["john went"], "who"))
        with calls.prediction(server) as stub:
            while True:
                try:
                    stub.Predict(request, timeout=60)
                except grpc.RpcError as error:
                    outcomes[error.code()] += 1
                    return
                outcomes["answered"] += 1

    with serving(folder, log) as server:
        clients = [
            threading.Thread(target=ask, args=(server,)) for _ in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        while outcomes["answered"] < 10 * CLIENTS:
            time.sleep(0.01)
        server.process.send_signal(number)
        assert server.process.wait(60) == 0, log.read_text()
        for client in clients:
            client.join()
    # Those that came too late are told that nobody is there.
    assert set(outcomes) == {"answered", grpc.StatusCode.UNAVAILABLE}
    assert outcomes[grpc.StatusCode.UNAVAILABLE] == CLIENTS
    assert "version 1 answers" in log.read_text()


def test_the_command_says_what_it_is_and_what_it_needs(tmp_path):
    command = [sys.executable, "-m", "export.serve"]
    for arguments, said in (
        (["--help"], "This is not TensorFlow Serving"),
        (["--model=a"], "Expected --model=NAME=FOLDER"),
    ):
        ran = subprocess.run(
            [*command, *arguments], capture_output=True, text=True
        )
        assert said in ran.stdout + ran.stderr
        assert ran.returncode != 0
