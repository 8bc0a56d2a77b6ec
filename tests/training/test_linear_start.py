import numpy as np
import pytest

from memnet_tf.models import MemN2N
from memnet_tf.training import LinearStart


def _model(linear_start=True):
    model = MemN2N(
        ["a", "b"],
        sentence_length=2,
        memory_size=2,
        units=2,
        linear_start=linear_start,
    )
    model.compile(jit_compile=False, steps_per_execution=1)
    return model


def _epochs_started(callback, values, model=None):
    """Whether the model still starts linearly after each epoch."""
    callback.set_model(model or _model())
    callback.on_train_begin()
    started = []
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"val_loss": value})
        started.append(callback.started)
    return started


def test_addressing_comes_back_when_validation_stops_falling():
    started = _epochs_started(LinearStart(), [3.0, 2.0, 2.5, 1.0])
    assert started == [True, True, False, False]


def test_staying_the_same_is_not_falling():
    assert _epochs_started(LinearStart(), [3.0, 3.0]) == [True, False]


def test_patience_waits_for_epochs_in_a_row():
    values = [3.0, 4.0, 2.0, 2.5, 2.5, 1.0]
    started = _epochs_started(LinearStart(patience=2), values)
    assert started == [True, True, True, True, False, False]


def test_addressing_comes_back_after_epochs_at_the_latest():
    started = _epochs_started(LinearStart(epochs=2), [3.0, 2.0, 1.0])
    assert started == [True, False, False]


def test_epochs_need_no_validation():
    callback = LinearStart(epochs=2)
    callback.set_model(_model())
    for epoch in range(2):
        assert callback.started
        callback.on_epoch_end(epoch, {"loss": 1.0})
    assert not callback.started


def test_the_learning_rate_changes_with_the_switch():
    model = _model()
    model.optimizer.learning_rate = 0.5
    callback = LinearStart(learning_rate=0.25)
    _epochs_started(callback, [3.0, 2.0], model)
    assert float(model.optimizer.learning_rate) == 0.5
    callback.on_epoch_end(2, {"val_loss": 2.0})
    assert float(model.optimizer.learning_rate) == 0.25


def test_the_learning_rate_stays_unless_given():
    model = _model()
    model.optimizer.learning_rate = 0.5
    assert _epochs_started(LinearStart(epochs=1), [1.0], model) == [False]
    assert float(model.optimizer.learning_rate) == 0.5


def test_a_model_without_linear_start_is_an_error():
    with pytest.raises(ValueError, match="Expected a model with linear_start"):
        _epochs_started(LinearStart(), [1.0], _model(linear_start=False))


def test_a_value_that_is_not_in_the_logs_is_an_error():
    callback = LinearStart(monitor="val_accuracy")
    with pytest.raises(ValueError, match="'val_accuracy'.*val_loss"):
        _epochs_started(callback, [1.0])


def test_fit_ends_with_addressing():
    model = _model()
    x = {
        "story": np.ones((4, 2, 2), "int32"),
        "question": np.ones((4, 2), "int32"),
    }
    y = {"answer": np.array([2, 3, 2, 3])}
    inputs = {"story": x["story"][:1] + 1, "question": x["question"][:1]}
    before = model(inputs)["addresses"].numpy().sum(axis=-1)
    assert np.abs(before - 1).max() > 0.1
    model.fit(x, y, epochs=2, callbacks=[LinearStart(epochs=1)], verbose=0)
    after = model(inputs)["addresses"].numpy().sum(axis=-1)
    np.testing.assert_allclose(after, 1, atol=1e-6)
