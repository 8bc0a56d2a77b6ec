import inspect
import json

import keras
import numpy as np
import pytest

from tests.conformance.registry import ENTRIES, LAYERS

NAMES = list(ENTRIES)


@pytest.mark.parametrize("name", NAMES)
def test_config_makes_the_same_layer(name):
    layer = ENTRIES[name].factory()
    config = layer.get_config()
    again = type(layer).from_config(config)
    assert json.loads(json.dumps(again.get_config())) == json.loads(
        json.dumps(config)
    )


@pytest.mark.parametrize("name", NAMES)
def test_config_holds_every_argument(name):
    layer = ENTRIES[name].factory()
    arguments = set(inspect.signature(type(layer).__init__).parameters)
    arguments -= {"self", "args", "kwargs"}
    assert arguments <= set(layer.get_config())


@pytest.mark.parametrize("name", [entry.name for entry in LAYERS])
def test_layers_keep_every_argument_as_an_attribute(name):
    layer = ENTRIES[name].factory()
    for argument, value in layer.get_config().items():
        if argument not in ("name", "trainable", "dtype"):
            kept = getattr(layer, argument)
            if isinstance(kept, keras.Layer):
                kept = keras.saving.serialize_keras_object(kept)
            assert kept == value


@pytest.mark.parametrize("name", NAMES)
def test_one_seed_gives_one_set_of_weights(name):
    entry = ENTRIES[name]
    first, second = entry.make(seed=1), entry.make(seed=1)
    for one, two in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_gives_other_weights(name):
    entry = ENTRIES[name]
    first, second = entry.make(seed=1), entry.make(seed=2)
    for one, two in zip(
        first.trainable_weights, second.trainable_weights, strict=True
    ):
        # A bias: at first 0, of an LSTM 1 where it forgets.
        constant = len(np.unique(one)) <= 2
        assert constant or np.any(one.numpy() != two.numpy())


@pytest.mark.parametrize("name", NAMES)
def test_calling_changes_no_weight(name):
    entry = ENTRIES[name]
    layer = entry.make()
    before = keras.tree.map_structure(np.copy, layer.get_weights())
    layer(**entry.inputs)
    for one, two in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
