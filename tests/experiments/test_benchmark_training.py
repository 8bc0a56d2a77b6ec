"""The implementations that are compared compute the same."""

import json
import math

import pytest

from experiments.benchmark_training import worker
from tests.experiments.driver import run

EXAMPLES = 32
TORCH = ["torch eager", "torch eager bags"]


@pytest.fixture(scope="module")
def expected():
    return worker.trainer("fit", EXAMPLES, EXAMPLES).loss()


@pytest.mark.parametrize("variant", ["xla loop", *TORCH])
def test_same_weights_and_batch_give_the_same_loss(variant, expected):
    if variant.startswith("torch"):
        pytest.importorskip(
            "torch", reason="needs PyTorch: pip install memnet_tf[benchmark]"
        )
    loss = worker.trainer(variant, EXAMPLES, EXAMPLES).loss()
    assert loss == pytest.approx(expected, rel=1e-4)
    assert loss == pytest.approx(EXAMPLES * math.log(22), rel=0.05)


@pytest.mark.parametrize("variant", ["fit", "xla loop", *TORCH])
def test_training_lowers_the_loss(variant):
    if variant.startswith("torch"):
        pytest.importorskip(
            "torch", reason="needs PyTorch: pip install memnet_tf[benchmark]"
        )
    trainer = worker.trainer(variant, EXAMPLES, EXAMPLES)
    before = trainer.loss()
    trainer.train(epochs=20)
    assert trainer.loss() < before - 1


def test_driver_writes_rows_and_a_picture(tmp_path):
    done = run(
        "experiments.benchmark_training",
        f"--output_dir={tmp_path}",
        "--only=fit,xla loop",
        "--batch_size=32",
        "--examples=128",
        "--repeats=1",
        "--seconds=0.1",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert [row["variant"] for row in rows] == ["fit", "xla loop"]
    assert all(row["median"] > 0 and row["n"] == 1 for row in rows)
    assert (tmp_path / "speeds.png").read_bytes().startswith(b"\x89PNG")
    assert "1.00" in done.stdout  # fit's speed is fit's speed
