"""The driver of answers in sentences, at the smallest size."""

import json

import numpy as np
import pytest

from experiments.sentences import data, errors
from memnet_tf import models
from tests.experiments.driver import run


def test_distance_counts_words_to_change_leave_out_and_put_in():
    right = np.array([3, 4, 5, 0])
    for said, expected in (
        ([3, 4, 5, 0], 0),
        ([3, 9, 5, 0], 1),
        ([4, 5, 0, 0], 1),
        ([3, 3, 4, 5], 1),
        ([0, 0, 0, 0], 3),
        ([5, 4, 3, 0], 2),
    ):
        assert errors.distance(np.array(said), right) == expected
        assert errors.distance(right, np.array(said)) == expected


def test_sentences_are_said_with_the_weights_that_are_now():
    network = models.GenerativeMemN2N(["a", "b"], 3, 2, units=4, hops=1)
    say = errors.sayer(network, beams=1)
    x = {
        "story": np.ones((3, 2, 3), "int32"),
        "question": np.ones((3, 3), "int32"),
    }
    for weight in network.trainable_weights:
        weight.assign(np.random.default_rng(1).normal(size=weight.shape))
    expected = network(x)["sentences"].numpy()
    beams = errors.sayer(network, beams=5)
    np.testing.assert_array_equal(beams(x), expected[:, 0])
    assert say(x).shape == (3, 3)


def test_rows_choose_the_best_seed_on_validation():
    found = [
        {
            "validation": {"exact": validation, "word error": 1.0},
            "test": {"exact": test, "word error": 2.0},
        }
        for validation, test in ((50.0, 70.0), (60.0, 40.0))
    ]
    exact, words = errors.rows("model", "greedy", "a task", found)
    assert (exact["mean"], exact["best"]) == (55, 40)
    assert words["values"] == [2, 2]


def test_baselines_answer_every_question():
    x = {"question": ["a?", "a?", "b?", "b?", "b?"]}
    y = ["one", "two", "two", "three", "three"]
    for name, expected in zip(
        data.BASELINES, (["two"] * 3, ["three", "", "one"]), strict=True
    ):
        said = data.BASELINES[name](x, y, ["b?", "c?", "a?"])
        assert said == expected


@pytest.mark.slow
def test_driver_trains_and_goes_on(tmp_path):
    def train():
        done = run(
            "experiments.sentences",
            f"--output_dir={tmp_path}",
            "--question_set=actor without before",
            "--difficulty=1",
            "--questions=3000",
            "--epochs=6",
            "--seeds=1",
        )
        assert done.returncode == 0, done.stderr[-3000:]
        rows = json.loads((tmp_path / "results.json").read_text())["rows"]
        return rows, done.stdout

    rows, printed = train()
    right = {
        (row["model"], row["variant"]): row["mean"]
        for row in rows
        if "right" in row["metric"]
    }
    network = "GenerativeMemN2N"
    assert right["most frequent sentence", ""] < 10
    assert right["most frequent sentence of the question", ""] < 40
    assert right[network, "greedy"] > 80
    assert right[network, "5 beams"] > 80
    assert "is in the" in printed or "is now in the" in printed
    assert train()[0] == rows  # as they were
