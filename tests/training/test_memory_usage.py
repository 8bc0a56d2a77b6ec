import numpy as np
import pytest

from memnet_tf.layers import ProductKeyMemory
from memnet_tf.training import MemoryUsage


def _result(metric):
    return {name: float(value) for name, value in metric.result().items()}


def test_usage_and_divergence_are_numpys():
    random = np.random.default_rng(0)
    slots = random.integers(0, 10, (5, 6, 3))
    addresses = random.random((5, 6, 3)).astype("float32")
    metric = MemoryUsage(20)
    for batch in range(5):
        metric.update_state(slots[batch], addresses[batch])
    shares = np.bincount(slots.ravel(), addresses.ravel(), 20) / addresses.sum()
    read = shares[shares > 0]
    assert _result(metric) == pytest.approx(
        {
            "usage": len(read) / 20,
            "divergence": np.log(20) + (read * np.log(read)).sum(),
        },
        rel=1e-5,
    )


def test_all_alike_none_and_one():
    metric = MemoryUsage(8)
    assert _result(metric) == pytest.approx(
        {"usage": 0, "divergence": np.log(8)}
    )
    metric.update_state(np.arange(8), np.full(8, 0.3))
    assert _result(metric) == pytest.approx(
        {"usage": 1, "divergence": 0}, abs=1e-6
    )
    metric.reset_state()
    metric.update_state([3, 3], [1.0, 1.0])
    assert _result(metric) == pytest.approx(
        {"usage": 1 / 8, "divergence": np.log(8)}
    )


def test_what_was_not_found_counts_nothing():
    metric = MemoryUsage(4)
    metric.update_state([0, -1, 2, -1], [0.5, 0.0, 0.5, 9.0])
    assert _result(metric) == pytest.approx(
        {"usage": 0.5, "divergence": np.log(2)}
    )


def test_it_takes_what_a_product_key_memory_returns():
    memory = ProductKeyMemory(sub_keys=3, k=9, heads=2, key_units=4)
    _, slots, addresses = memory(np.ones((5, 4)), return_addresses=True)
    metric = MemoryUsage(memory.slots)
    metric.update_state(slots, addresses)
    assert _result(metric)["usage"] == 1


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="`slots`.*Received: 0"):
        MemoryUsage(0)
