"""The zoo's comparison: every network trains, and its rows are whole."""

import json

import pytest

from experiments.zoo.networks import ENTRIES
from memnet_tf import models
from tests.experiments.driver import run
from tests.experiments.test_addressing import babi

VOCABULARY = ["mary", "went", "to", "the", "where", "is", "kitchen", "garden"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_networks_answer(entry):
    network = entry.build(VOCABULARY, 6, 4)
    answer = network.answer(["Mary went to the garden"], "Where is Mary?")
    assert answer.addresses.shape[1] == 1
    linear = getattr(network.output_map, "linear", None)
    assert (linear is not None) == entry.linear_start


def test_every_reader_of_stories_is_compared():
    """A network of the zoo that reads a story of its own for an answer."""
    elsewhere = {
        "DifferentiableNeuralComputer",  # experiments.algorithms
        "GenerativeMemN2N",  # experiments.sentences
        "MemN2NLanguageModel",  # experiments.language_model
        "MemoryLanguageModel",  # experiments.language_model
        "Segmenter",  # a part of MemNN
        "SharedMemoryNetwork",  # experiments.large_memory
        "VectorIndexMemoryNetwork",  # experiments.vector_index
    }
    compared = {entry.name for entry in ENTRIES}
    assert set(models.__all__) - elsewhere <= compared


def test_driver_trains_and_goes_on(tmp_path):
    flags = [
        f"--output_dir={tmp_path / 'output'}",
        f"--manual_dir={babi(tmp_path / 'copy')}",
        "--tasks=1",
        "--only=MemNN,HopfieldRead",
        "--seeds=2",
        "--steps=4",
    ]
    done = run("experiments.zoo", *flags)
    assert done.returncode == 0, done.stderr[-3000:]
    written = tmp_path / "output" / "results.json"
    rows = json.loads(written.read_text())["rows"]
    assert [(row["model"], row["metric"], row["n"]) for row in rows] == [
        (model, metric, seeds)
        for model in ("MemNN", "HopfieldRead")
        for metric, seeds in (("error %", 2), ("parameters", 1), ("seconds", 2))
    ]
    picture = tmp_path / "output" / "zoo.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    runs = len(list((tmp_path / "output" / "runs").rglob("*.json")))
    assert runs == 2 * (3 + 1)  # three rates with one seed, one with another
    again = run("experiments.zoo", *flags)
    assert again.returncode == 0, again.stderr[-3000:]
    assert json.loads(written.read_text())["rows"] == rows


def test_unknown_networks_are_named():
    done = run("experiments.zoo", "--only=Memory")
    assert done.returncode != 0
    assert "Expected --only to be some of MemNN, MemN2N" in done.stderr
