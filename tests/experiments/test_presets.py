"""The driver that makes the presets, at the smallest size."""

import json

import keras
import numpy as np
import pytest

from experiments import runs
from experiments.babi import data, errors, recipes
from experiments.presets import babi, card
from memnet_tf import models, presets
from tests.experiments.driver import run

RUN = "MemN2N", "joint 1k", "all tasks"
COMMAND = "python -m experiments.babi --training=joint"


@pytest.fixture
def trained(tasks, tmp_path):
    """A folder as `experiments.babi` leaves it, of two seeds and two tasks."""
    recipe = recipes.memn2n(joint=True)
    network = recipe.build(*data.sizes(tasks))
    encoded = data.encode(network, tasks, support=False)
    predict = errors.predictor(network)
    store = runs.Runs(tmp_path / "babi")
    for seed, epochs in ((0, 1), (3, 20)):
        runs.start_again(network, seed)
        store.train(
            network,
            *data.together(encoded["train"]),
            lambda network: errors.measure(predict, encoded),
            *RUN,
            f"seed {seed}",
            batch_size=8,
            epochs=epochs,
        )
    row = {"model": RUN[0], "variant": RUN[1], "n": 2, "command": COMMAND}
    written = {"machine": "a laptop", "rows": [row]}
    (tmp_path / "babi" / "results.json").write_text(json.dumps(written))
    return tmp_path / "babi"


def test_the_best_seed_by_validation_becomes_a_preset(
    trained,
    copy,
    tmp_path,
    monkeypatch,
):
    found = [runs.Runs(trained).result(*RUN, f"seed {seed}") for seed in (0, 3)]
    means = [sum(seed["validation"].values()) for seed in found]
    best = means.index(min(means))
    folder = tmp_path / "presets"
    done = run(
        "experiments.presets",
        f"--output_dir={folder}",
        f"--babi_dir={trained}",
        f"--manual_dir={copy}",
        f"--data_dir={tmp_path / 'data'}",
        "--only=two_reader_babi",
        "--only=memn2n_babi",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "two_reader_babi is left as it is. Expected" in done.stdout
    monkeypatch.setattr(presets, "_FOLDER", folder)
    assert presets.names() == ["memn2n_babi"]
    network = models.MemN2N.from_preset("memn2n_babi")
    assert not network.compiled
    about = presets.card("memn2n_babi")
    assert about["command"] == COMMAND
    assert (
        f"seed {(0, 3)[best]}, the best by validation of 2"
        in (about["trained_on"])
    )
    assert "on a laptop" in about["trained_on"]
    figures = about["figures"]
    assert figures["test error of each task, percent"] == pytest.approx(
        found[best]["test"], abs=1e-3
    )
    assert figures["validation error, percent"] == pytest.approx(
        means[best] / 2, abs=1e-3
    )
    first, second = about["examples"]
    assert (first["question"], first["answer"]) == ("Where is Ann?", "attic")
    assert second["story"][1] == "Ann got a cup, a hat."
    assert first["predicted"] == (
        network.answer(first["story"], first["question"]).text
    )


def test_a_training_that_is_not_done_is_no_preset(tmp_path):
    with pytest.raises(FileNotFoundError, match="MemN2N joint 1k all tasks in"):
        babi.make("memn2n_babi", tmp_path)


def test_results_are_to_be_of_all_seeds_there_are(tmp_path):
    store = runs.Runs(tmp_path)
    for seed in range(2):
        store.once(dict, *RUN, f"seed {seed}")
    row = {"model": RUN[0], "variant": RUN[1], "n": 1, "command": COMMAND}
    written = {"machine": "a laptop", "rows": [row]}
    (tmp_path / "results.json").write_text(json.dumps(written))
    with pytest.raises(FileNotFoundError, match="2 seeds, and results of 1"):
        babi.make("memn2n_babi", tmp_path)


def test_what_is_simulated_is_said():
    assert "of task 3 mostly simulated" in babi.simulated([1, 3], "10k")
    assert babi.simulated([1, 3], "1k") == ""


def test_a_preset_that_is_too_large_leaves_the_earlier_one(tmp_path):
    path = tmp_path / "preset.keras"
    path.write_text("earlier")
    network = models.MemN2N(["a"], sentence_length=2, units=20_000)
    with pytest.raises(ValueError, match="at most 1,000,000 bytes"):
        card.write(network, path)
    assert path.read_text() == "earlier"


def test_a_bare_network_is_the_network_without_its_optimizer():
    network = models.MemN2N(["a", "b"], sentence_length=2, units=3)
    network.compile()
    bare = card.bare(network)
    assert not bare.compiled
    keras.tree.map_structure(
        np.testing.assert_array_equal,
        network.get_weights(),
        bare.get_weights(),
    )


@pytest.mark.slow
def test_presets_of_the_simulated_world_are_trained_and_others_kept(tmp_path):
    (tmp_path / "registry.json").write_text('{"other": {"card": {}}}')
    done = run(
        "experiments.presets",
        f"--output_dir={tmp_path}",
        f"--data_dir={tmp_path / 'data'}",
        "--only=memnn_simulated_world",
        "--epochs=1",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    registry = json.loads((tmp_path / "registry.json").read_text())
    assert set(registry) == {"other", "memnn_simulated_world"}
    about = registry["memnn_simulated_world"]["card"]
    assert about["command"].endswith("--only=memnn_simulated_world")
    assert len(about["examples"]) == 20
    path = tmp_path / registry["memnn_simulated_world"]["file"]
    assert path.stat().st_size < card.MOST_BYTES
