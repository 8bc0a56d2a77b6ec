import numpy as np
import pytest

from memnet_tf import layers
from memnet_tf.layers.output_map import windows

RUNS, PLACES, SLOTS, UNITS = 2, 4, 3, 5
RUN = SLOTS + PLACES - 1


def _normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize("places", [1, PLACES])
def test_windows_are_scored_as_if_each_had_its_own_slots(places):
    keys = _normal(RUNS, SLOTS + places - 1, UNITS)
    state = _normal(RUNS * places, UNITS)
    score = layers.WindowScore(SLOTS)
    found = score(state, state, keys).numpy()
    ages = score.ages.numpy()
    for run in range(RUNS):
        for place in range(places):
            row = run * places + place
            own = keys[run, place : place + SLOTS]
            np.testing.assert_allclose(
                found[row], (own + ages) @ state[row], rtol=1e-5, atol=1e-6
            )


@pytest.mark.parametrize("places", [1, PLACES])
def test_windows_are_read_as_if_each_had_its_own_slots(places):
    values = _normal(RUNS, SLOTS + places - 1, UNITS)
    addresses = _normal(RUNS * places, SLOTS)
    read = layers.WindowRead(SLOTS)
    found = read(values, addresses).numpy()
    ages = read.ages.numpy()
    for run in range(RUNS):
        for place in range(places):
            row = run * places + place
            own = values[run, place : place + SLOTS]
            np.testing.assert_allclose(
                found[row], addresses[row] @ (own + ages), rtol=1e-5, atol=1e-6
            )


def test_recency_begins_with_addresses_of_one_by_n():
    score = layers.WindowScore(SLOTS, stddev=0.0, recency=0.25)
    state = np.ones((PLACES, 4), "float32")  # whose features add up to 4
    keys = np.zeros((1, RUN, 4), "float32")
    share = np.exp(score(state, state, keys).numpy())
    np.testing.assert_allclose(share, [[1 / 3, 1 / 2, 1]] * PLACES, rtol=1e-5)


def test_windows_of_a_run_and_back():
    products = _normal(RUNS, PLACES, RUN)
    of_windows = windows.of_run(products, SLOTS).numpy()
    in_run = windows.in_run(of_windows).numpy()
    for place in range(PLACES):
        inside = slice(place, place + SLOTS)
        own = products[:, place, inside]
        np.testing.assert_array_equal(of_windows[:, place], own)
        np.testing.assert_array_equal(in_run[:, place, inside], own)
    assert np.count_nonzero(in_run) == of_windows.size


@pytest.mark.parametrize("layer", [layers.WindowScore, layers.WindowRead])
def test_a_window_has_slots(layer):
    with pytest.raises(ValueError, match="Expected `slots`.*Received: 0"):
        layer(0)
