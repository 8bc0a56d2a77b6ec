"""Trained networks that come with the library: small files, loaded by name.

`registry.json` holds for each its file, the SHA-256 of the file and its card:
what it was trained on, by which command, its figures, its licence and
examples. The command that made them all is `python -m experiments.presets`.
"""

import hashlib
import importlib
import json
import pathlib

import keras

_FOLDER = pathlib.Path(__file__).parent


def names():
    """Names of the presets.

    Example:

    >>> "memn2n_simulated_world" in names()
    True
    """
    return sorted(_registry())


def card(name):
    """What is known of a preset, a dict.

    Its keys are `trained_on`, `command`, `figures`, `licence` and `examples`,
    a list of dicts of `story`, `question`, `answer` and `predicted`, what the
    preset answers.

    Raises:
        ValueError: there is no such preset.
    """
    return _entry(name)["card"]


def load(name):
    """The network of a preset.

    Raises:
        ValueError: there is no such preset, or its file is not the one that
            was published.
    """
    entry = _entry(name)
    path = _FOLDER / entry["file"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != entry["sha256"]:
        raise ValueError(
            f"Expected {path} to have the SHA-256 {entry['sha256']}: install "
            f"memnet_tf again. Received: {digest}"
        )
    importlib.import_module("memnet_tf.models")  # so that Keras knows them
    return keras.saving.load_model(path)


def _registry():
    return json.loads((_FOLDER / "registry.json").read_text())


def _entry(name):
    registry = _registry()
    if name not in registry:
        raise ValueError(
            f"Expected a preset, one of {sorted(registry)}. Received: {name!r}"
        )
    return registry[name]
