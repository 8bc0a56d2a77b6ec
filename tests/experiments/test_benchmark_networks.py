"""Networks that are compared compute the same; every network is measured."""

import json
import math

import keras
import pytest

from experiments.benchmark_networks import keras_fit, worker
from experiments.benchmark_networks.__main__ import TWINS
from experiments.benchmark_networks.networks import NAMES
from experiments.benchmark_training.setting import PAPER
from memnet_tf import models
from tests.experiments.driver import run

EXAMPLES = 32


@pytest.mark.parametrize("name", TWINS)
def test_same_weights_and_batch_give_the_same_loss(name):
    pytest.importorskip(
        "torch", reason="needs PyTorch: pip install memnet_tf[benchmark]"
    )
    own, other = (
        worker.trainer((name, way), PAPER, EXAMPLES, EXAMPLES)
        for way in (worker.FIT, worker.TORCH)
    )
    before = other.loss()
    assert before == pytest.approx(own.loss(), rel=1e-4)
    assert before == pytest.approx(EXAMPLES * math.log(PAPER.words), rel=0.2)
    other.train(epochs=20)
    assert other.loss() < before - 1


def test_the_twins_are_those_that_are_written():
    pytest.importorskip(
        "torch", reason="needs PyTorch: pip install memnet_tf[benchmark]"
    )
    from experiments.benchmark_networks import torch_eager

    assert set(torch_eager.NETWORKS) == set(TWINS)


@pytest.mark.parametrize("name", ["MemNN", "MemN2N"])
def test_training_lowers_the_loss(name):
    trainer = keras_fit.Trainer(name, PAPER, EXAMPLES, EXAMPLES)
    before = trainer.loss()
    trainer.train(epochs=20)
    assert trainer.loss() < before - 1


@pytest.mark.parametrize(
    "name",
    ["GenerativeMemN2N", "DifferentiableNeuralComputer", "MemN2NLanguageModel"],
)
def test_networks_with_data_of_their_own_learn(name):
    trainer = keras_fit.Trainer(name, PAPER, EXAMPLES, 8 * EXAMPLES)
    first = trainer.train(epochs=1)
    assert trainer.train(epochs=20) < first


def test_every_network_of_the_library_that_is_trained_is_measured():
    trained = {
        name
        for name, model in vars(models).items()
        if isinstance(model, type) and issubclass(model, keras.Model)
    }
    elsewhere = {  # a part, a wrapper, and two with tables of their own
        "Segmenter",
        "MemoryLanguageModel",
        "SharedMemoryNetwork",
        "VectorIndexMemoryNetwork",
    }
    assert trained - elsewhere <= set(NAMES)


def test_the_driver_writes_rows_and_a_picture(tmp_path):
    done = run(
        "experiments.benchmark_networks",
        f"--output_dir={tmp_path}",
        "--only=KeyValueMemNN,HopfieldRead",
        "--examples=64",
        "--repeats=1",
        "--seconds=0.1",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    fits = [row for row in rows if row["variant"] == "fit"]
    assert [row["model"] for row in fits] == ["KeyValueMemNN", "HopfieldRead"]
    assert all(row["median"] > 0 and row["n"] == 1 for row in rows)
    assert (tmp_path / "speeds.png").read_bytes().startswith(b"\x89PNG")


def test_the_driver_names_the_networks_it_knows(tmp_path):
    done = run(
        "experiments.benchmark_networks",
        f"--output_dir={tmp_path}",
        "--only=LSTM",
    )
    assert done.returncode != 0
    said = done.stderr + done.stdout
    assert f"Expected networks among ['{NAMES[0]}', " in said
