"""The implementations that are compared compute the same."""

import json
import math
import pathlib

import pytest

from experiments.babi import recipes
from experiments.benchmark_training import setting, time_to_error, worker
from experiments.benchmark_training.setting import JOINT, PAPER
from tests.experiments.driver import run

EXAMPLES = 32
TORCH = ["torch eager", "torch eager bags"]
SETTINGS = {"paper": PAPER, "joint": JOINT}


@pytest.fixture(scope="module")
def expected():
    return {
        name: worker.trainer("fit", size, EXAMPLES, EXAMPLES).loss()
        for name, size in SETTINGS.items()
    }


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("variant", ["xla loop", *TORCH])
def test_same_weights_and_batch_give_the_same_loss(variant, name, expected):
    if variant.startswith("torch"):
        pytest.importorskip(
            "torch", reason="needs PyTorch: pip install memnet_tf[benchmark]"
        )
    size = SETTINGS[name]
    loss = worker.trainer(variant, size, EXAMPLES, EXAMPLES).loss()
    assert loss == pytest.approx(expected[name], rel=1e-4)
    assert loss == pytest.approx(EXAMPLES * math.log(size.words), rel=0.05)


@pytest.mark.parametrize("variant", ["fit", "xla loop", *TORCH])
def test_training_lowers_the_loss(variant):
    if variant.startswith("torch"):
        pytest.importorskip(
            "torch", reason="needs PyTorch: pip install memnet_tf[benchmark]"
        )
    trainer = worker.trainer(variant, PAPER, EXAMPLES, EXAMPLES)
    before = trainer.loss()
    trainer.train(epochs=20)
    assert trainer.loss() < before - 1


def test_the_joint_setting_is_what_is_trained_on_babi():
    recipe = recipes.memn2n(joint=True)
    network = recipe.build(["a", "b"], JOINT.sentence_length, setting.SLOTS)
    own = worker.trainer("fit", JOINT, EXAMPLES, EXAMPLES).model
    one, other = network.get_config(), own.get_config()
    assert {key for key in one if one[key] != other[key]} == {
        *("name", "vocabulary", "linear_start")
    }
    one, other = network.optimizer.get_config(), own.optimizer.get_config()
    assert one == other


def test_the_error_is_the_papers_or_the_first_that_all_seeds_reached():
    good = {"val_accuracy": [0.5, 0.88, 0.9]}
    assert time_to_error.epochs_to_error([good]) == (12.4, [2])
    bad = {"val_accuracy": [0.2, 0.3, 0.8449]}
    assert time_to_error.epochs_to_error([good, bad]) == (15.6, [2, 3])


def write_runs(folder):
    """Trainings as `experiments.babi` leaves them."""
    path = pathlib.Path(folder, "runs", "MemN2N", "joint_1k", "all_tasks")
    path.mkdir(parents=True)
    for seed, accuracies in enumerate(([0.5, 0.9], [0.88, 0.9])):
        result = {"history": {"val_accuracy": accuracies}}
        (path / f"seed_{seed}.json").write_text(json.dumps(result))


def test_times_are_the_questions_until_then_at_the_speed_measured(tmp_path):
    with pytest.raises(FileNotFoundError, match="MemN2N joint 1k all tasks"):
        time_to_error.rows(tmp_path, "bAbI", {})
    write_runs(tmp_path)
    (row,) = time_to_error.rows(tmp_path, "bAbI", {"fit": [1000, 9008, 9999]})
    assert (row["variant"], row["task"]) == ("fit", "bAbI")
    assert row["metric"] == "seconds to 12.4% error"
    assert (row["epochs"], row["values"]) == ([2, 1], [4, 2])


def test_driver_writes_rows_and_a_picture(tmp_path):
    write_runs(tmp_path / "babi")
    done = run(
        "experiments.benchmark_training",
        f"--output_dir={tmp_path}",
        f"--babi_dir={tmp_path / 'babi'}",
        "--only=fit,xla loop",
        "--batch_size=32",
        "--examples=128",
        "--repeats=1",
        "--seconds=0.1",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert [(row["variant"], row["task"]) for row in rows[:4]] == [
        ("fit", "batch 32"),
        ("fit", "bAbI joint 1k"),
        ("xla loop", "batch 32"),
        ("xla loop", "bAbI joint 1k"),
    ]
    assert all(row["median"] > 0 and row["n"] == 1 for row in rows[:4])
    assert [row["metric"] for row in rows[4:]] == ["seconds to 12.4% error"] * 2
    assert (tmp_path / "speeds.png").read_bytes().startswith(b"\x89PNG")
    assert "1.00" in done.stdout  # fit's speed is fit's speed
