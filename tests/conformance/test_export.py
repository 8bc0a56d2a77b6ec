import keras
import numpy as np
import pytest
import tensorflow as tf

from export import check, ways
from export.compare import compare
from export.requests import random_requests
from memnet_tf.layers.retrieval.flavours import FLAVOURS, SCANN
from tests.conformance.registry import (
    ENTRIES,
    LAYERS,
    MODELS,
    OTHERS,
    SHARED,
    STREAMS,
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


def _texts():
    """Names of models that take text, each with the flavours it is in."""
    for entry in MODELS:
        yield pytest.param(entry.name, {}, id=entry.name)
    for entry in SHARED:
        for flavour in FLAVOURS:
            yield pytest.param(
                entry.name,
                {"flavour": flavour},
                id=f"{entry.name}-{flavour}",
                marks=[pytest.mark.scann] if flavour == SCANN else [],
            )


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("name, options", list(_texts()))
def test_every_signature_of_an_exported_model_replies_the_same(
    name, options, tmp_path
):
    model, signatures = _exported(name, tmp_path / "model", options)
    requests = random_requests(model, 20)
    inputs = check.inputs_by_signature(signatures)
    with ways.eager(signatures) as run:
        expected = check.replies(run, inputs, requests, 20)
    for way, batch_size in ((ways.session, 20), (ways.in_c, 1)):
        with way(tmp_path / "model") as run:
            received = check.replies(run, inputs, requests, batch_size)
        for signature in signatures:
            assert len(received[signature]) == 20
            compare(requests, expected[signature], received[signature])


@pytest.mark.slow
@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("name, options", list(_texts()))
def test_500_replies_are_the_same_in_every_way_to_run_it(
    name, options, tmp_path
):
    model, signatures = _exported(name, tmp_path / "model", options)
    requests = random_requests(model, 500)
    lines = check.check(signatures, tmp_path / "model", requests)
    equal = [line for line in lines if "500 replies" in line]
    assert len(equal) == len(lines) == 3


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("name", [entry.name for entry in STREAMS])
@pytest.mark.parametrize(
    "flavour", [*FLAVOURS[:-1], pytest.param(SCANN, marks=pytest.mark.scann)]
)
def test_an_exported_model_of_features_replies_the_same(
    name, flavour, tmp_path
):
    rng = np.random.default_rng(1)
    written = rng.normal(size=(1, 50, 4)).astype("float32")
    _, memory = made(name)(written, return_memory=True)
    options = {"memory": memory, "flavour": flavour}
    _, signatures = _exported(name, tmp_path / "model", options)
    batches = rng.normal(size=(10, 5, 10, 4)).astype("float32")
    batches = [{"inputs": batch} for batch in batches]
    with ways.eager(signatures) as run:
        expected = run("serving_default", batches)
    for way in (ways.session, ways.in_c):
        with way(tmp_path / "model") as run:
            received = run("serving_default", batches)
        for one, other in zip(expected, received, strict=True):
            np.testing.assert_allclose(
                one["outputs"], other["outputs"], atol=1e-5
            )


def _exported(name, folder, options):
    """A model, and the signatures that its SavedModel in `folder` has."""
    if options.get("flavour") == SCANN:
        pytest.importorskip("scann")
    model = made(name)
    return model, model.export(folder, **options).signatures
