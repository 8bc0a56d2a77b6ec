"""A training that was interrupted goes on."""

import types

import keras
import numpy as np
import pytest

from memnet_tf import models
from memnet_tf.training import Resume

X = {
    "story": [["joe went to the garden"], ["joe went to the office"]] * 8,
    "question": ["where is joe"] * 16,
}
Y = ["garden", "office"] * 8


def network():
    keras.utils.set_random_seed(3)
    model = models.MemN2N(
        ["joe", "went", "to", "the", "garden", "office"], 5, memory_size=2
    )
    model.compile(keras.optimizers.Adam(0.01))
    return model


def train(model, path, epochs):
    resume = Resume(path)
    start = resume.restore(model)
    model.fit(
        X,
        Y,
        batch_size=16,
        epochs=epochs,
        initial_epoch=start,
        shuffle=False,
        verbose=0,
        callbacks=[resume],
    )
    return start, resume


def test_interrupted_training_ends_where_an_uninterrupted_one_does(tmp_path):
    whole = network()
    train(whole, tmp_path / "whole.npz", epochs=6)
    first = network()
    train(first, tmp_path / "state.npz", epochs=2)
    second = network()  # another process would begin like this
    start, resume = train(second, tmp_path / "state.npz", epochs=6)
    assert start == 2
    assert len(resume.history["loss"]) == 6
    for weight, expected in zip(second.weights, whole.weights, strict=True):
        np.testing.assert_allclose(weight.numpy(), expected.numpy(), atol=1e-5)


def test_seconds_are_those_of_all_tries(tmp_path, monkeypatch):
    clock = iter(range(100, 1000, 10))  # every look at it is 10 s later
    time = types.SimpleNamespace(perf_counter=lambda: next(clock))
    monkeypatch.setattr("memnet_tf.training.resume.time", time)
    _, first = train(network(), tmp_path / "state.npz", epochs=2)
    assert first.seconds == 20  # begun at 100, epochs ended at 110 and 120
    _, second = train(network(), tmp_path / "state.npz", epochs=3)
    assert second.seconds == 30


def test_state_of_another_model_is_refused(tmp_path):
    train(network(), tmp_path / "state.npz", epochs=1)
    other = models.MemN2N(["joe"], 5, memory_size=2, linear_start=True)
    other.compile("adam")
    with pytest.raises(ValueError, match=r"Expected .*state\.npz"):
        Resume(tmp_path / "state.npz").restore(other)


def test_a_state_that_cannot_be_written_leaves_the_old_one(
    tmp_path, monkeypatch
):
    path = tmp_path / "state.npz"
    train(network(), path, epochs=1)
    before = path.read_bytes()

    def full(file, **arrays):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        train(network(), path, epochs=2)
    assert path.read_bytes() == before


def test_clear_removes_the_state(tmp_path):
    _, resume = train(network(), tmp_path / "state.npz", epochs=1)
    resume.clear()
    assert resume.restore(network()) == 0
