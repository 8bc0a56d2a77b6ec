"""A long-lived memory inside a SavedModel, in every flavour."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from export import check, model_card, source, warm_up, ways
from export.compare import compare
from export.requests import random_requests, requests_of
from memnet_tf import layers
from tests.models.test_shared_memory_network import (
    QUESTIONS,
    STATEMENTS,
    make_network,
)

FLAVOURS = [
    "exact",
    "inverted file",
    pytest.param("scann", marks=pytest.mark.scann),
]
ASKED = [*QUESTIONS, "", "...", "Where is Zyx?", "Ünïcödé 東京 🙂"]
REQUESTS = requests_of([[]] * len(ASKED), ASKED)
INPUTS = {"serving_default": ["question"]}


def _exported(network, folder, flavour):
    if flavour == "scann":
        pytest.importorskip("scann")
    network.remember(STATEMENTS)
    return network.export(folder, flavour)


@pytest.fixture(scope="module", params=FLAVOURS)
def exported(request, tmp_path_factory):
    """A network, its SavedModel's signatures and flavour, and its folder."""
    network = make_network(layers.MemoryResponse, hops=2)
    folder = tmp_path_factory.mktemp("exported") / "model"
    signatures, flavour = _exported(network, folder, request.param)
    return network, signatures, flavour, folder


def _replies(way, requests=REQUESTS, batch_size=50):
    with way as run:
        replies = check.replies(run, INPUTS, requests, batch_size)
    return replies["serving_default"]


@pytest.mark.usefixtures("built")
def test_every_way_to_run_it_is_checked(exported):
    network, signatures, _, folder = exported
    requests = [*REQUESTS, *random_requests(network, 20)]
    replies = f"{len(requests)} replies by each of serving_default equal"
    assert check.check(signatures, folder, requests) == [
        f"a TF1 Session: {replies} the network's",
        f"a process of TensorFlow alone: {replies} the network's",
        f"a C program: {replies} the network's",
    ]


@pytest.mark.usefixtures("built")
@pytest.mark.scann
@pytest.mark.parametrize("exported", ["scann"], indirect=True)
def test_without_the_library_of_ops_the_error_names_the_op(
    exported, monkeypatch
):
    monkeypatch.setattr(ways, "_libraries", lambda saved_model: [])
    with pytest.raises(RuntimeError, match="not registered 'Scann>"):
        _replies(ways.in_c(exported[-1]), REQUESTS[:1])


@pytest.mark.parametrize("exported", ["exact"], indirect=True)
def test_exact_finds_what_the_network_finds(exported):
    network, signatures, _, _ = exported
    assert type(network.retrieval) is layers.ExactRetrieval
    expected = _replies(ways.eager(network.signatures()))
    compare(REQUESTS, expected, _replies(ways.eager(signatures)))


def test_settings_of_the_networks_own_retrieval_are_kept(tmp_path):
    def misses():
        return layers.InvertedFileRetrieval(cells=4, probes=1, shortlist=12)

    network = make_network(layers.MemoryResponse, misses)
    signatures, _ = _exported(network, tmp_path / "model", "inverted file")
    expected = _replies(ways.eager(network.signatures()))
    assert any(b"" in reply["support"] for reply in expected)
    compare(REQUESTS, expected, _replies(ways.eager(signatures)))


def test_any_batch_gives_the_same(exported):
    expected = _replies(ways.eager(exported[1]))
    with ways.session(exported[-1]) as run:
        for batch_size in (1, 5):
            received = check.replies(run, INPUTS, REQUESTS, batch_size)
            compare(REQUESTS, expected, received["serving_default"])
        nobody = {"question": np.empty(0, object)}
        (nothing,) = run("serving_default", [nobody])
    assert nothing["ids"].shape[0] == 0


def test_the_signature_is_of_any_batch(exported):
    serve = tf.saved_model.load(str(exported[-1]))
    serve = serve.signatures["serving_default"]
    _, arguments = serve.structured_input_signature
    assert arguments["question"].shape.as_list() == [None]
    shapes = {n: t.shape.as_list() for n, t in serve.structured_outputs.items()}
    assert shapes == {
        "answer": [None],
        "score": [None],
        "answers": [None, 5],
        "scores": [None, 5],
        "ids": [None, 2, 3],
        "support": [None, 2, 3],
        "attention": [None, 2, 3],
    }


def test_it_says_what_it_needs(exported):
    network, _, flavour, folder = exported
    found = source.Source(network, None, None, None, [])
    card = model_card.model_card("shared", found, folder, flavour)
    assert card["memory"]["name"] == flavour.name
    assert card["needs"] == flavour.needs
    assert card["signatures"]["serving_default"]["inputs"] == {
        "question": {"dtype": "string", "shape": [None]}
    }
    requirements = folder / "assets.extra" / "requirements.txt"
    if flavour.name != "scann":
        assert not flavour.requirements
        assert not requirements.exists()
        return
    lines = requirements.read_text().splitlines()
    said = [line for line in lines if not line.startswith("#")]
    assert said == list(flavour.requirements)
    assert said[0] == f"tensorflow=={tf.__version__}"
    assert said[1].startswith("scann==")


@pytest.mark.serving
def test_warm_up_requests_are_of_questions_alone(exported):
    pytest.importorskip("tensorflow_serving")
    from tensorflow_serving.apis import prediction_log_pb2

    network, signatures, _, folder = exported
    count = warm_up.write(network, signatures, "shared", folder)
    shapes = []
    for record in tf.data.TFRecordDataset(str(folder / warm_up.PATH)):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        (question,) = log.predict_log.request.inputs.values()
        shapes.append(tf.make_ndarray(question).shape)
    assert sorted(shapes) == [(1,), (8,), (32,)]
    assert count == 3


@pytest.mark.slow
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_command_exports_and_checks_it(flavour, tmp_path):
    if flavour == "scann":
        pytest.importorskip("scann")
    network = make_network(layers.MemoryResponse, hops=2)
    network.remember(STATEMENTS)
    network.save(tmp_path / "shared.keras")
    examples = [{"question": question} for question in QUESTIONS]
    known = json.dumps({"examples": examples})
    (tmp_path / "shared.json").write_text(known)
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "export.saved_model"),
            f"--model={tmp_path}/shared.keras",
            f"--output_dir={tmp_path}/shared",
            f"--flavour={flavour}",
        ],
        capture_output=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert f"Memory: {flavour}. Needs " in ran.stdout
    assert ran.stdout.count("108 replies by each of serving_default eq") == 3
    assert '{"inputs": {"question": ["Where is John?"]}}' in ran.stdout
