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


def _lessons(task, **more):
    given = {"longest": 5, "seed": 0, "batches": 2, "epochs": 5}
    return training.Lessons(task, **{**given, **more})


def test_lessons_are_weighed_where_they_are_answered():
    recall = _lessons("associative recall").from_epoch(4)
    inputs, answers, weights = next(recall)
    assert inputs.shape == (32, 7 + 8, training.BITS + 1)
    assert answers["answer"].shape == (32, 7 + 8, training.BITS)
    summed = weights["answer"].sum(1)
    np.testing.assert_array_equal(summed, training.QUESTIONS)


def test_lessons_grow_and_no_two_are_alike():
    copy = _lessons("copy")
    batches = list(copy.from_epoch(0))
    assert len(batches) == 2 * 5
    assert len({inputs.tobytes() for inputs, *_ in batches}) == 2 * 5
    # A third of 5 items and two thirds, rounded up, before all; a step each.
    longest = [
        max(w["answer"].sum(1).max() for *_, w in batches[2 * n : 2 * n + 2])
        for n in range(5)
    ]
    assert longest == [2, 4, 5, 5, 5]
    assert {inputs.shape[1] for inputs, *_ in batches} == {2 * 5 + 1}


def test_lessons_go_on_as_they_would_have():
    whole = list(_lessons("copy").from_epoch(0))
    rest = list(_lessons("copy").from_epoch(3))
    keras.tree.map_structure(np.testing.assert_array_equal, whole[6:], rest)
    other = next(_lessons("copy", seed=1).from_epoch(0))
    assert (other[0] != whole[0][0]).any()


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
            "--batches=2",
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
