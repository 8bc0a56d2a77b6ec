import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.registry import (
    ASKED,
    ENTRIES,
    LAYERS,
    MODELS,
    OTHERS,
    STORIES,
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


@pytest.mark.parametrize("name", [entry.name for entry in MODELS])
def test_an_exported_model_answers_the_same(name, tmp_path):
    model = made(name)
    model.export(tmp_path / "model", verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    answers = model.answer(STORIES, ASKED)
    padded = [story + [""] * (3 - len(story)) for story in STORIES]
    received = loaded.signatures["serving_default"](
        story=tf.constant(padded), question=tf.constant(ASKED)
    )
    for row, expected in enumerate(answers):
        assert received["answer"][row].numpy().decode() == expected.text
        np.testing.assert_allclose(
            received["score"][row], expected.score, rtol=1e-5
        )
        np.testing.assert_allclose(
            received["attention"][row][:, : len(STORIES[row])],
            expected.addresses,
            atol=1e-6,
        )
