"""The driver of language models, on a small text."""

import json

import keras
import numpy as np
import pytest

from experiments.language_model import data, published, training
from memnet_tf import models
from tests.experiments.driver import run

LINE = "the cat sat on the mat and the <unk> sat on N mats"


@pytest.fixture
def copy(tmp_path):
    """A copy of the Penn Treebank with few sentences."""
    folder = tmp_path / "copy" / "ptb"
    folder.mkdir(parents=True)
    for split in ("train", "valid", "test"):
        (folder / f"ptb.{split}.txt").write_text(f" {LINE} \n" * 40)
    return folder.parent


def test_a_split_is_one_text_whose_sentences_end(copy, tmp_path):
    text = data.load("test[:2]", str(tmp_path / "data"), str(copy))
    assert text == f"{LINE} <eos> {LINE} <eos>"
    assert data.vocabulary(text)[0] == "the"
    assert set(data.vocabulary(text)) == {*text.split()} - {"<unk>"}


def test_words_without_a_full_memory_are_not_measured():
    recipe = training.RECIPES["adagrad"]
    network = training.build(recipe, ["the", "cat"], 3, 4, hops=2, steps=9)
    found = network.score("the cat the cat the").log_probabilities
    cost = training.cross_entropy(network, "the cat the cat the")
    assert cost == pytest.approx(-found[3:].mean())


def test_mean_addresses_begin_with_the_word_just_before():
    keras.utils.set_random_seed(0)
    network = models.MemN2NLanguageModel(["the", "cat"], 3, units=4, hops=2)
    text = "the cat the the cat"
    windows, _ = network.encode([text])
    expected = network(windows[3:])["addresses"].numpy().mean((0, 1))
    found = training.mean_addresses(network, text)
    np.testing.assert_allclose(found, expected[:, ::-1], atol=1e-6)


@pytest.mark.parametrize(
    ("costs", "rates"),
    [
        ((9.0, 8.0, 7.0), (0.3, 0.3)),
        ((9.0, 8.0, 7.9999), (0.3, 0.2)),
        ((9.0, 9.0, 8.0), (0.2, 0.2)),
    ],
)
def test_the_rate_falls_where_validation_does_not(costs, rates, monkeypatch):
    left = list(costs)
    monkeypatch.setattr(training, "cross_entropy", lambda *_: left.pop(0))
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.3))
    shown = []
    validate = training.Validate("a text", shown.append)
    anneal = training.Anneal("a text")
    for callback in (validate, anneal):
        callback.set_model(model)
        callback.on_train_begin()
    found = []
    for epoch in range(2):
        logs = {}
        validate.on_epoch_end(epoch, logs)
        anneal.on_epoch_end(epoch, logs)
        assert logs["val_cross_entropy"] == costs[epoch + 1]
        found.append(float(model.optimizer.learning_rate))
    assert found == pytest.approx(rates)
    assert shown[1].startswith("epoch 2, validation perplexity ")
    assert not model.stop_training


def test_training_stops_at_the_least_rate(monkeypatch):
    monkeypatch.setattr(training, "cross_entropy", lambda *_: 9.0)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.2e-5))
    callback = training.Anneal("a text")
    callback.set_model(model)
    callback.on_train_begin()
    callback.on_epoch_end(0, {"val_cross_entropy": 9.0})
    assert model.stop_training


def test_what_was_published_is_of_150_units():
    assert published.perplexity("validation", 7, 200, 150) == 118
    assert published.perplexity("test", 3, 100, 150) == 122
    assert published.perplexity("test", 3, 100, 100) is None
    assert published.perplexity("test", 3, 99, 150) is None


@pytest.mark.parametrize("recipe", list(training.RECIPES))
def test_driver_trains_goes_on_and_writes_rows_and_pictures(
    copy, tmp_path, recipe
):
    def train(hops):
        done = run(
            "experiments.language_model",
            f"--output_dir={tmp_path}",
            f"--manual_dir={copy}",
            f"--hops={hops}",
            f"--recipe={recipe}",
            "--memories=4",
            "--units=6",
            "--seeds=1",
            "--epochs=2",
            "--steps=8",
            "--batch_size=32",
            "--remembered=50",
            "--prompt=the cat",
        )
        assert done.returncode == 0, done.stderr[-3000:]
        said = done.stdout.splitlines()[-1]
        assert said.startswith("the cat ") and len(said.split()) == 2 + 40
        return json.loads((tmp_path / "results.json").read_text())["rows"]

    first = train(hops="2")
    rows = train(hops="2,3")
    trained = [row for row in rows if row["model"] == "MemN2NLanguageModel"]
    assert [(row["variant"].split(",")[0], row["task"]) for row in trained] == [
        ("2 hops", "validation"),
        ("2 hops", "test"),
        ("3 hops", "validation"),
        ("3 hops", "test"),
    ]
    assert all(1 < row["mean"] == row["best"] < 15 for row in rows)
    remembering = [row for row in rows if row not in trained]
    assert {row["model"] for row in remembering} == {"MemoryLanguageModel"}
    ways = {row["variant"].partition("remembers ")[2] for row in remembering}
    assert "all words" in ways
    assert len(ways) == len(remembering) / 4 == 5
    # Lines that repeat are said by the memory.
    assert all(row["mean"] < 5 for row in remembering[:2])
    assert all(0 < row["share"][0] < 1 for row in remembering)
    for name in ("attention.png", "learning_curves.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert rows[: len(first)] == first  # as they were
