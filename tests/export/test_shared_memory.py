"""A long-lived memory inside a SavedModel, in every flavour."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from export import c_program
from memnet_tf import flavours, layers, shared_signatures
from memnet_tf.layers.retrieval.scann_library import scann_library
from tests.models.test_shared_memory_network import (
    QUESTIONS,
    STATEMENTS,
    make_network,
)

ASKED = [*QUESTIONS, "", "...", "Where is Zyx?", "Ünïcödé 東京 🙂"]


@pytest.fixture(
    scope="module",
    params=[
        "exact",
        "inverted file",
        pytest.param("scann", marks=pytest.mark.scann),
    ],
)
def exported(request, tmp_path_factory):
    """A flavour, its network and the folder of its SavedModel."""
    if request.param == "scann":
        pytest.importorskip("scann")
    network = make_network(layers.MemoryResponse, hops=2)
    network.remember(STATEMENTS)
    folder = tmp_path_factory.mktemp("exported") / "model"
    return network.export(folder, request.param), network, folder


@pytest.fixture(scope="module")
def expected(exported):
    """What the network replies to `ASKED`, by the same retrieval."""
    flavour, network, _ = exported
    retrieval = flavours.retrieval(flavour, network.keys, network.mask)
    answer = shared_signatures.answer_function(network, retrieval)
    outputs = answer(tf.constant(ASKED))
    return {name: value.numpy() for name, value in outputs.items()}


def _in_session(folder, questions):
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], str(folder))
        signature = graph.signature_def["serving_default"]
        outputs = {name: out.name for name, out in signature.outputs.items()}
        question = signature.inputs["question"].name
        return session.run(outputs, {question: questions})


def _assert_same(received, expected):
    assert received.keys() == expected.keys()
    for name, value in expected.items():
        if value.dtype.kind == "f":
            np.testing.assert_allclose(received[name], value, atol=1e-6)
        else:
            np.testing.assert_array_equal(received[name], value)


def test_a_session_answers_as_the_network(exported, expected):
    _assert_same(_in_session(exported[2], ASKED), expected)


def test_any_batch_gives_the_same(exported, expected):
    for row in (0, len(QUESTIONS)):
        received = _in_session(exported[2], ASKED[row : row + 1])
        alone = {name: value[row : row + 1] for name, value in expected.items()}
        _assert_same(received, alone)
    assert _in_session(exported[2], np.empty(0, object))["ids"].shape[0] == 0


ALONE = """
import json
import sys
import tensorflow as tf

folder, questions, *library = sys.argv[1:]
if library:
    import scann
serve = tf.saved_model.load(folder).signatures["serving_default"]
outputs = serve(question=tf.constant(json.loads(questions)))
outputs = {name: value.numpy().tolist() for name, value in outputs.items()}
json.dump(outputs, sys.stdout, default=bytes.decode)
"""


def _in_a_process(folder, *library):
    return subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            ALONE,
            folder,
            json.dumps(ASKED),
            *library,
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def test_a_process_without_keras_answers_as_the_network(exported, expected):
    flavour, _, folder = exported
    if flavour.requirements:  # the error names the op that is missing
        error = _in_a_process(folder).stderr
        assert "Op type not registered 'Scann>" in error
    ran = _in_a_process(folder, *flavour.requirements[1:])
    assert ran.returncode == 0, ran.stderr
    for name, value in json.loads(ran.stdout).items():
        if expected[name].dtype.kind == "f":
            np.testing.assert_allclose(value, expected[name], atol=1e-6)
        else:
            decoded = json.loads(
                json.dumps(expected[name].tolist(), default=bytes.decode)
            )
            assert value == decoded


def test_the_c_program_answers_as_the_network(exported, expected, program):
    flavour, _, folder = exported
    request = {"question": np.array([text.encode() for text in ASKED], object)}
    options = []
    if flavour.requirements:
        with pytest.raises(RuntimeError, match="not registered 'Scann>"):
            c_program.replies(program, folder, [request])
        scann = pathlib.Path(scann_library().__file__).parent
        library = scann / "scann_ops" / "cc" / "_scann_ops.so"
        options = [f"library={library}"]
    (received,) = c_program.replies(program, folder, [request], options=options)
    _assert_same(received, expected)


def test_the_signature_is_of_any_batch(exported):
    serve = tf.saved_model.load(str(exported[2])).signatures["serving_default"]
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
    flavour, _, folder = exported
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
