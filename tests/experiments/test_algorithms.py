"""The driver of algorithms, on short sequences."""

import json

import keras
import numpy as np

from experiments.algorithms import training
from tests.experiments.driver import run


def test_errors_are_those_of_the_answered_bits(monkeypatch):
    monkeypatch.setattr(training, "TEST_SEQUENCES", 10)
    keras.utils.set_random_seed(0)
    network = training.build("links", 4)
    found = training.Test("copy", "links", [3]).errors(network)
    made = training.TASKS["copy"].make(
        10, 3, 3, training.BITS, seed=training.TEST_SEED
    )
    said = network(made.inputs)["answer"].numpy()[:, 4:] > 0
    wrong = said != made.inputs[:, :3, :-1]
    assert found["bits"]["3"] == 100 * np.mean(wrong)
    assert found["sequences"]["3"] == 100 * np.mean(wrong.any((1, 2)))


def test_training_sequences_are_weighed_where_they_are_answered():
    made = training.sequences("associative recall", 6, longest=5, seed=0)
    assert made["x"].shape == (6, 7 + 8, training.BITS + 1)
    weights = made["sample_weight"]["answer"]
    np.testing.assert_array_equal(weights.sum(1), training.QUESTIONS)


def test_driver_trains_goes_on_and_writes_rows_and_pictures(tmp_path):
    def rows():
        done = run(
            "experiments.algorithms",
            f"--output_dir={tmp_path}",
            "--task=copy",
            "--variant=links",
            "--seeds=2",
            "--longest=2",
            "--lengths=2,3",
            "--sequences=64",
            "--epochs=1",
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads((tmp_path / "results.json").read_text())["rows"]

    first = rows()
    assert [(row["metric"], row["task"]) for row in first] == [
        ("wrong bits, %", "copy, 2 items"),
        ("wrong bits, %", "copy, 3 items"),
        ("wrong sequences, %", "copy, 2 items"),
        ("wrong sequences, %", "copy, 3 items"),
    ]
    assert all(0 <= row["mean"] <= 100 and row["n"] == 2 for row in first)
    for name in ("errors.png", "addresses.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert rows() == first  # as they were
