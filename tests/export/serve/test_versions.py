import os
import pathlib
import shutil
import threading
import time

import grpc
import pytest
from tensorflow_serving.apis import (
    get_model_status_pb2,
    predict_pb2,
    prediction_log_pb2,
)

from export.serve.server import Server
from export.serve.versions import find_versions
from tests.export.serve import calls

pytestmark = pytest.mark.serving


@pytest.fixture(scope="module")
def exported(folder, tmp_path_factory):
    """Two versions, to be copied from."""
    exported = tmp_path_factory.mktemp("exported")
    for number in "12":
        shutil.copytree(folder / "1", exported / number)
    return exported


@pytest.fixture
def models(exported, tmp_path):
    """A folder of version 1."""
    folder = tmp_path / "models"
    shutil.copytree(exported / "1", folder / "1")
    return folder


def _server(folder):
    return Server({"memn2n": folder}, "127.0.0.1", 0, 0, poll_seconds=0.05)


def _put(source, target):
    """Copies a version beside, and renames it."""
    beside = target.with_name(".beside")
    shutil.copytree(source, beside)
    os.rename(beside, target)


def _statuses(server):
    """State and error of each version."""
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "memn2n"
    with calls.model_service(server) as stub:
        response = stub.GetModelStatus(request, timeout=60)
    return {
        one.version: (
            get_model_status_pb2.ModelVersionStatus.State.Name(one.state),
            one.status.error_code,
            one.status.error_message,
        )
        for one in response.model_version_status
    }


def _wait(server, version, state):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = _statuses(server).get(version, ("",))
        if found[0] == state:
            return found
        time.sleep(0.02)
    raise AssertionError(f"version {version} never became {state}")


def _version(stub):
    request = calls.request_of(calls.question_of(["john went"], "where"))
    return stub.Predict(request, timeout=60).model_spec.version.value


def test_a_new_version_takes_over_and_no_request_fails(exported, models):
    seen, failed, stop = set(), [], threading.Event()

    def ask(server):
        with calls.prediction(server) as stub:
            while not stop.is_set():
                try:
                    seen.add(_version(stub))
                except grpc.RpcError as error:
                    failed.append(error)

    with _server(models) as server:
        clients = [
            threading.Thread(target=ask, args=(server,)) for _ in range(4)
        ]
        for client in clients:
            client.start()
        try:
            _put(exported / "2", models / "2")
            assert _wait(server, 2, "AVAILABLE") == ("AVAILABLE", 0, "")
            assert _wait(server, 1, "END") == ("END", 0, "")
        finally:
            stop.set()
            for client in clients:
                client.join()
        with calls.prediction(server) as stub:
            assert _version(stub) == 2
    assert not failed
    assert 1 in seen


def test_a_broken_version_is_refused_until_it_is_whole(exported, models):
    with _server(models) as server, calls.prediction(server) as stub:
        _put(exported / "2", models / ".half")
        index = models / ".half" / "variables" / "variables.index"
        index.rename(models / ".index")
        os.rename(models / ".half", models / "7")
        _, code, message = _wait(server, 7, "END")
        assert code != 0 and message
        assert _version(stub) == 1
        status, reply, _ = calls.rest(server, "GET", "/v1/models/memn2n")
        assert status == 200
        assert reply["model_version_status"][1]["status"]["error_message"]
        _, metrics, _ = calls.rest(
            server, "GET", "/monitoring/prometheus/metrics"
        )
        assert 'state="END",version="7"} 1.0' in metrics
        (models / ".index").rename(
            models / "7" / "variables" / "variables.index"
        )
        _wait(server, 7, "AVAILABLE")
        assert _version(stub) == 7


def test_garbage_is_refused_and_the_next_version_is_not(exported, models):
    with _server(models) as server, calls.prediction(server) as stub:
        (models / "2").mkdir()
        (models / "2" / "saved_model.pb").write_bytes(b"half of a gr")
        assert _wait(server, 2, "END")[1] != 0
        assert _version(stub) == 1
        _put(exported / "2", models / "3")
        _wait(server, 3, "AVAILABLE")
        assert _version(stub) == 3
        shutil.rmtree(models / "2")
        for _ in range(500):
            if 2 not in _statuses(server):
                break
            time.sleep(0.02)
        assert 2 not in _statuses(server)


def test_a_version_taken_away_gives_way_to_the_one_before(exported, models):
    _put(exported / "2", models / "2")
    with _server(models) as server, calls.prediction(server) as stub:
        assert _version(stub) == 2
        shutil.rmtree(models / "2")
        _wait(server, 1, "AVAILABLE")
        assert _version(stub) == 1
        shutil.rmtree(models)  # what answers keeps answering
        time.sleep(0.3)
        assert _version(stub) == 1


def test_no_version_at_first(exported, tmp_path):
    with _server(tmp_path) as server, calls.prediction(server) as stub:
        assert calls.rest(server, "GET", "/readyz")[0] == 503
        assert calls.rest(server, "GET", "/healthz")[0] == 200
        with pytest.raises(grpc.RpcError) as error:
            _version(stub)
        assert error.value.code() is grpc.StatusCode.NOT_FOUND
        assert calls.rest(server, "GET", "/v1/models/memn2n")[0] == 404
        _put(exported / "1", tmp_path / "1")
        for _ in range(3000):
            if calls.rest(server, "GET", "/readyz")[0] == 200:
                break
            time.sleep(0.02)
        assert _version(stub) == 1


def test_what_is_a_version(tmp_path):
    for name in ("1", "0002", "x3", "4x", "-5", "٣", "6.tmp", "9" * 30):
        (tmp_path / name).mkdir()
        (tmp_path / name / "saved_model.pb").touch()
    (tmp_path / "8").mkdir()  # half written
    (tmp_path / "9").touch()
    assert sorted(find_versions(tmp_path)) == [1, 2]


def test_a_version_that_fails_its_warm_up_is_refused(exported, models):
    import tensorflow as tf

    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.CopyFrom(
        calls.request_of(calls.question_of(["john"], "who"))
    )
    wrong = prediction_log_pb2.PredictionLog()
    wrong.predict_log.request.CopyFrom(
        predict_pb2.PredictRequest(model_spec={"signature_name": "sing"})
    )
    for version, logs in ((2, [log]), (3, [log, wrong])):
        folder = models / f".{version}"
        shutil.copytree(exported / "2", folder)
        extra = folder / "assets.extra"
        extra.mkdir(exist_ok=True)
        path = str(extra / "tf_serving_warmup_requests")
        with tf.io.TFRecordWriter(path) as writer:
            for one in logs:
                writer.write(one.SerializeToString())
    with _server(models) as server, calls.prediction(server) as stub:
        (models / ".2").rename(models / "2")
        _wait(server, 2, "AVAILABLE")
        (models / ".3").rename(models / "3")
        _, _, message = _wait(server, 3, "END")
        assert "warm-up" in message and "sing" in message
        assert _version(stub) == 2


def test_a_model_without_a_folder_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="Expected a folder of versions"):
        Server({"m": pathlib.Path(tmp_path, "none")})


def test_a_port_that_is_taken_is_an_error(shared_server, folder):
    with (
        pytest.raises(OSError),
        Server({"m": folder}, "127.0.0.1", 0, shared_server.rest_port),
    ):
        pass
    with (
        pytest.raises(RuntimeError),
        Server({"m": folder}, "127.0.0.1", shared_server.grpc_port, 0),
    ):
        pass
