import numpy as np
import pytest

from memnet_tf import Memory
from tests.conformance.registry import ENTRIES, begin_with, made

READERS = begin_with("OutputMap", "HopfieldRead")
# Some addresses may sum to less, and bare scores to anything.
SHARING = [
    name
    for name in READERS
    if not name.endswith(("padded_softmax", "stick_breaking", "layer_wise"))
]


def _call(name, change):
    """Outputs of an entry after `change` of the memory it is given."""
    inputs = ENTRIES[name].inputs
    return made(name)(**{**inputs, "memory": change(inputs["memory"])})


def _emptied(memory):
    return Memory(*[np.zeros_like(part) for part in memory])


def _only_the_first_slot(memory):
    return Memory(*[part[:, :1] for part in memory])


def _same(memory):
    return memory


@pytest.mark.parametrize("name", READERS)
def test_an_empty_memory_is_read_with_addresses_of_zero(name):
    output, addresses = _call(name, _emptied)
    assert np.all(np.isfinite(output))
    np.testing.assert_array_equal(addresses, np.zeros_like(addresses))


def test_nothing_is_read_from_an_empty_memory():
    output, _ = _call("OutputMap_softmax", _emptied)
    question = ENTRIES["OutputMap_softmax"].inputs["question"]
    np.testing.assert_array_equal(output, question)


@pytest.mark.parametrize("name", begin_with("TimeEncoding"))
def test_an_empty_memory_has_no_age(name):
    memory = _call(name, _emptied)
    np.testing.assert_array_equal(
        memory.features, np.zeros_like(memory.features)
    )


@pytest.mark.parametrize("name", SHARING)
def test_addresses_share_one_among_the_filled_slots(name):
    _, addresses = _call(name, _same)
    np.testing.assert_allclose(addresses.numpy().sum(axis=-1), 1, atol=1e-6)


@pytest.mark.parametrize("name", SHARING)
def test_the_only_slot_gets_all(name):
    _, addresses = _call(name, _only_the_first_slot)
    np.testing.assert_array_equal(addresses, np.ones((2, 2, 1)))


@pytest.mark.parametrize("name", READERS)
def test_masked_slots_are_never_read(name):
    memory = ENTRIES[name].inputs["memory"]
    junk = memory.features.copy()
    junk[~memory.mask] = 1e4
    output, addresses = _call(name, _same)
    changed = _call(name, lambda memory: memory._replace(features=junk))
    masked = np.broadcast_to(~memory.mask[:, None], addresses.shape)
    np.testing.assert_array_equal(addresses.numpy()[masked], 0)
    np.testing.assert_array_equal(changed[0], output)
    np.testing.assert_array_equal(changed[1], addresses)
