"""Where a network to export comes from, and what is known of it.

A network is a `.keras` file. What is known of it stands in a JSON file of the
same name beside it: what `experiments.runs` writes, or a dict of `trained_on`,
`figures`, `licence` and `examples`, all of them optional. A preset has a card
instead.
"""

import json
import pathlib
from typing import Any, NamedTuple

import keras

import memnet_tf.models  # noqa: F401, so that Keras knows them
from export.requests import requests_of
from memnet_tf import presets


class Source(NamedTuple):
    """A network and what is known of it.

    Attributes:
        network: the network.
        trained_on: in words, or None.
        figures: numbers by their name, or None.
        licence: in words, or None.
        examples: a list of `Request`s of what it was made for.
    """

    network: Any
    trained_on: str | None
    figures: dict | None
    licence: str | None
    examples: list


def of_preset(name):
    """A preset of the library."""
    return _source(presets.load(name), presets.card(name))


def of_path(path):
    """A `.keras` file, or the best of a folder of trainings.

    The best is that with the highest `validation` in its JSON file.

    Raises:
        ValueError: there is no such file, or none in the folder.
    """
    path = pathlib.Path(path)
    trained = sorted(path.glob("*.keras")) if path.is_dir() else [path]
    if not trained or not trained[0].is_file():
        below = {str(file.parent) for file in path.rglob("*.keras")}
        raise ValueError(
            "Expected a .keras file or a folder that holds some. Received: "
            f"{path}" + (f", with some in {sorted(below)}" if below else "")
        )
    best = max(trained, key=lambda file: _known(file).get("validation", 0))
    return _source(keras.saving.load_model(best), _known(best))


def _known(file):
    """The JSON file beside a `.keras` file; {} if there is none."""
    path = file.with_suffix(".json")
    return json.loads(path.read_text()) if path.exists() else {}


def _source(network, known):
    numbers = {
        name: value
        for name, value in known.items()
        if isinstance(value, int | float)
    }
    examples = known.get("examples", [])
    return Source(
        network=network,
        trained_on=known.get("trained_on"),
        figures=known.get("figures") or numbers or None,
        licence=known.get("licence"),
        examples=requests_of(
            [example.get("story", []) for example in examples],
            [example["question"] for example in examples],
        ),
    )
