import keras
import numpy as np
import pytest
import tensorflow as tf

from export import c_program, check, ways
from export.compare import compare
from export.requests import random_requests
from tests.conformance.registry import (
    ENTRIES,
    LAYERS,
    MODELS,
    OTHERS,
    made,
)

PARTS = [*LAYERS, *OTHERS]


def _signature(inputs):
    """Specs of flattened inputs, of any batch size."""
    return [
        tf.TensorSpec([None, *leaf.shape[1:]], leaf.dtype)
        for leaf in map(tf.constant, keras.tree.flatten(inputs))
    ]


def _on_leaves(layer, inputs):
    """The layer as a function of flattened inputs to flattened outputs."""

    def call(*leaves):
        packed = keras.tree.pack_sequence_as(inputs, leaves)
        outputs = keras.tree.flatten(layer(**packed))
        return {str(place): output for place, output in enumerate(outputs)}

    return call


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A SavedModel with an endpoint for each layer."""
    path = tmp_path_factory.mktemp("exported") / "layers"
    archive = keras.export.ExportArchive()
    for name, _, inputs in PARTS:
        layer = made(name)
        archive.track(layer)
        archive.add_endpoint(
            name, _on_leaves(layer, inputs), input_signature=_signature(inputs)
        )
    archive.write_out(str(path), verbose=False)
    return tf.saved_model.load(str(path))


@pytest.mark.parametrize("name", [entry.name for entry in PARTS])
def test_an_exported_layer_gives_the_same(exported, name):
    inputs = ENTRIES[name].inputs
    expected = keras.tree.flatten(made(name)(**inputs))
    leaves = map(tf.constant, keras.tree.flatten(inputs))
    received = getattr(exported, name)(*leaves)
    assert len(received) == len(expected)
    for place, value in enumerate(expected):
        np.testing.assert_allclose(received[str(place)], value, atol=1e-6)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    try:
        return c_program.build(tmp_path_factory.mktemp("program"))
    except c_program.CannotBuildError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    "count", [20, pytest.param(500, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("name", [entry.name for entry in MODELS])
def test_every_signature_of_an_exported_model_replies_the_same(
    name, count, program, tmp_path, monkeypatch
):
    monkeypatch.setattr(c_program, "build", lambda folder: program)
    model = made(name)
    model.export(tmp_path / "model")
    requests = random_requests(model, count)
    signatures = check.inputs_by_signature(model)
    assert {"serving_default", "encode", "respond"} <= set(signatures)
    with ways.eager(model) as run:
        expected = check.replies(run, signatures, requests, 50)
    for way, batch_size in ((ways.session, 50), (ways.in_c, 1)):
        with way(tmp_path / "model") as run:
            received = check.replies(run, signatures, requests, batch_size)
        for signature in signatures:
            assert len(received[signature]) == count
            compare(requests, expected[signature], received[signature])
