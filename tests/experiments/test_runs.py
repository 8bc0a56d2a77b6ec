"""Runs: when their trainings end."""

import types

import keras
import numpy as np
import pytest

from experiments import runs


class Interrupt(keras.callbacks.Callback):
    """Interrupts a training before an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


@pytest.fixture
def train(tmp_path):
    """Trains a network that is always right; returns its result."""

    def call(*callbacks, **more):
        model = keras.Sequential([keras.Input([1]), keras.layers.Dense(2)])
        model.compile("sgd", "mse", metrics=["accuracy"])
        x, y = np.zeros([4, 1]), np.tile([1.0, 0.0], [4, 1])
        return runs.Runs(tmp_path).train(
            model,
            x,
            y,
            lambda model: {},
            "seed 0",
            callbacks=callbacks,
            validation_data=(x, y),
            epochs=7,
            **more,
        )

    return call


@pytest.mark.parametrize(("solved", "epochs"), [(None, 7), (1, 1), (3, 3)])
def test_a_training_ends_when_it_is_solved(train, solved, epochs):
    assert len(train(solved=solved)["history"]["val_accuracy"]) == epochs


def test_epochs_before_an_interruption_count(train):
    with pytest.raises(KeyboardInterrupt):
        train(Interrupt(2), solved=3)
    assert len(train(solved=3)["history"]["val_accuracy"]) == 3


def test_epochs_without_an_error_follow_one_another():
    resume = types.SimpleNamespace(history={"val_accuracy": []})
    stop = runs.StopWhenSolved(resume, epochs=2)
    model = keras.Sequential([keras.layers.Dense(1)])
    stop.set_model(model)
    stopped = []
    for epoch, accuracy in enumerate([1.0, 0.999, 1.0, 1.0]):
        resume.history["val_accuracy"].append(accuracy)
        model.stop_training = False
        stop.on_epoch_end(epoch)
        stopped.append(model.stop_training)
    assert stopped == [False, False, False, True]
