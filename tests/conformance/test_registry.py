import keras

from memnet_tf import MemoryNetwork, layers, models
from tests.conformance.registry import (
    ENTRIES,
    LAYERS,
    MODELS,
    OTHERS,
    RETRIEVAL,
)


def _public_classes(package):
    named = [getattr(package, name) for name in package.__all__]
    return {
        thing
        for thing in named
        if isinstance(thing, type) and issubclass(thing, keras.Layer)
    }


def test_every_public_layer_is_swept():
    swept = {type(entry.factory()) for entry in [*LAYERS, *RETRIEVAL]}
    assert swept == _public_classes(layers)


def test_every_public_model_is_swept():
    swept = {type(entry.factory()) for entry in [*MODELS, *OTHERS]}
    assert swept == _public_classes(models) | {MemoryNetwork}


def test_names_tell_entries_apart_and_begin_with_their_class():
    assert len(ENTRIES) == len(LAYERS) + len(MODELS) + len(OTHERS)
    for name, entry in ENTRIES.items():
        assert name.startswith(type(entry.factory()).__name__)
