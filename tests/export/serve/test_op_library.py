"""A model that needs ScaNN's ops, where they are and where they are not."""

import shutil
import sys

import pytest

from export.serve.server import Server
from memnet_tf import layers
from tests.export.serve import calls
from tests.export.serve.processes import serving
from tests.models.test_shared_memory_network import (
    QUESTIONS,
    STATEMENTS,
    make_network,
)

pytestmark = pytest.mark.serving


@pytest.mark.scann
def test_the_server_loads_the_ops_itself(tmp_path):
    pytest.importorskip("scann")
    network = make_network(layers.MemoryResponse, hops=2)
    network.remember(STATEMENTS)
    network.export(tmp_path / "models" / "1", "scann")
    question = {"question": [text.encode() for text in QUESTIONS]}
    # A process of its own: this one has the ops already.
    with (
        serving(tmp_path / "models", tmp_path / "log") as server,
        calls.prediction(server) as stub,
    ):
        reply = calls.arrays(stub.Predict(calls.request_of(question)))
    answers = [network.answer(text).text for text in QUESTIONS]
    assert [text.decode() for text in reply["answer"]] == answers


def test_without_them_the_version_is_refused(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "scann", None)  # as if not installed
    shutil.copytree(folder / "1", tmp_path / "1")
    shutil.copytree(folder / "1", tmp_path / "2")
    extra = tmp_path / "2" / "assets.extra"
    extra.mkdir(exist_ok=True)
    (extra / "requirements.txt").write_text("# Needs\nscann==1.4.2\n")
    with Server({"m": tmp_path}, "127.0.0.1", 0, 0) as server:
        _, reply, _ = calls.rest(server, "GET", "/v1/models/m")
    states = {
        one["version"]: (one["state"], one["status"]["error_message"])
        for one in reply["model_version_status"]
    }
    assert states["1"] == ("AVAILABLE", "")
    state, message = states["2"]
    assert state == "END"
    assert "needs scann==1.4.2: install" in message
    assert "pip install 'memnet_tf[scann]'" in message
