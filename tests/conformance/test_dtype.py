import keras
import numpy as np
import pytest

from tests.conformance.registry import ENTRIES, made, without

POLICIES = ("float16", "bfloat16", "mixed_float16")


@pytest.fixture(params=POLICIES)
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


def _floats(outputs):
    """Flattened outputs that are floats, as float32, and their types."""
    outputs = keras.tree.flatten(outputs)
    outputs = [x for x in outputs if keras.backend.is_float_dtype(x.dtype)]
    values = [keras.ops.cast(x, "float32").numpy() for x in outputs]
    return values, {keras.backend.standardize_dtype(x.dtype) for x in outputs}


FULL = {name: made(name) for name in without("WordIds")}


@pytest.mark.parametrize("name", FULL)
def test_half_precision_is_finite_and_close(name, policy):
    entry = ENTRIES[name]
    half, full = entry.make(), FULL[name]
    half.set_weights(full.get_weights())
    received, types = _floats(half(**entry.inputs))
    expected, _ = _floats(full(**entry.inputs))
    assert types == {policy.removeprefix("mixed_")}
    for one, two in zip(received, expected, strict=True):
        assert np.all(np.isfinite(one))
        np.testing.assert_allclose(one, two, rtol=0.02, atol=0.03)
