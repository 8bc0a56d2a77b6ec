import keras
import numpy as np
import pytest

from tests.conformance.registry import (
    ENTRIES,
    LAYERS,
    MODELS,
    made,
    story_and_question,
)


def _with_nan(value):
    """`value` with NaN in its last row; None where it holds no floats."""
    if isinstance(value, tuple):  # a memory
        return value._replace(features=_with_nan(value.features))
    if value.dtype.kind != "f":
        return None
    value = value.copy()
    value[-1] = np.nan
    return value


CHANGES = [
    (name, argument)
    for name, _, inputs in LAYERS
    for argument, value in inputs.items()
    if _with_nan(value) is not None
]


@pytest.mark.parametrize(("name", "argument"), CHANGES)
def test_layers_do_not_hide_nan(name, argument):
    inputs = ENTRIES[name].inputs
    outputs = made(name)(**{**inputs, argument: _with_nan(inputs[argument])})
    outputs = [
        keras.ops.convert_to_numpy(output)
        for output in keras.tree.flatten(outputs)
        if keras.backend.is_float_dtype(output.dtype)
    ]
    assert any(np.any(np.isnan(output)) for output in outputs)


@pytest.mark.parametrize("name", [entry.name for entry in MODELS])
def test_models_whose_weights_are_nan_give_no_answer(name):
    model = ENTRIES[name].make()
    for weight in model.trainable_weights:
        weight.assign(np.full(weight.shape, np.nan))
    story, question = story_and_question(name)
    answer = model({"story": story, "question": question})["answer"].numpy()
    never = answer == np.float32(-3e4)  # what cannot be the answer
    assert np.all(np.isnan(answer[~never]))
    assert not np.all(never)
