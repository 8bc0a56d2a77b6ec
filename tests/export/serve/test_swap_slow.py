"""32 clients ask for minutes while versions come, one of them broken.

No request fails, and none waits for long.
"""

import collections
import os
import shutil
import threading
import time

import grpc
import pytest

from tests.export.serve import calls
from tests.export.serve.conftest import export
from tests.export.serve.processes import serving

pytestmark = [pytest.mark.serving, pytest.mark.slow]
SECONDS = 300
CLIENTS = 32


def test_no_request_fails_while_versions_are_swapped(tmp_path):
    models, coming = tmp_path / "models", tmp_path / "coming"
    for seed in range(4):
        export(coming, seed)
    shutil.copytree(coming / "1", models / "1")
    outcomes, latest = collections.Counter(), collections.Counter()
    stop = threading.Event()

    def ask(server, place):
        stories = [["john went to the garden"] * n for n in range(1, 9)]
        with calls.prediction(server) as stub:
            while not stop.is_set():
                story = stories[place % len(stories)]
                place += 1
                request = calls.request_of(calls.question_of(story, "where"))
                start = time.monotonic()
                try:
                    response = stub.Predict(request, timeout=30)
                except grpc.RpcError as error:
                    outcomes[error.code()] += 1
                else:
                    outcomes["answered"] += 1
                    latest[response.model_spec.version.value] += 1
                    took = time.monotonic() - start
                    outcomes["slow"] += took > 5

    log = tmp_path / "log"
    with serving(models, log) as server:
        clients = [
            threading.Thread(target=ask, args=(server, place))
            for place in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        try:
            for number in ("2", "3", "broken", "4"):
                time.sleep(SECONDS / 5)
                if number == "broken":
                    (models / "1000").mkdir()
                    (models / "1000" / "saved_model.pb").write_bytes(b"half")
                else:
                    os.rename(coming / number, models / number)
                if number == "4":  # the broken one is still the newest
                    shutil.rmtree(models / "1000")
            time.sleep(SECONDS / 5)
            _, status, _ = calls.rest(server, "GET", "/v1/models/memn2n")
        finally:
            stop.set()
            for client in clients:
                client.join()
        server.process.terminate()
        assert server.process.wait(60) == 0
    print(outcomes, dict(latest))
    assert set(outcomes) == {"answered", "slow"}
    assert outcomes["slow"] == 0
    assert sorted(latest) == [1, 2, 3, 4]
    assert min(latest.values()) > CLIENTS
    (answers,) = [
        one["version"]
        for one in status["model_version_status"]
        if one["state"] == "AVAILABLE"
    ]
    assert answers == "4"
    assert "memn2n: version 1000 is refused" in log.read_text()
