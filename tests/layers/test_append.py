import collections

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memnet_tf import Memory
from memnet_tf.layers import Append

FEW = settings(max_examples=60, deadline=None)


def _numbers(*values):
    """One example whose inputs have one feature each."""
    return np.array(values, "float32")[None, :, None]


def _slots(memory):
    """`(feature, time)` of every filled slot of the first example."""
    mask = memory.mask.numpy()[0]
    features = memory.features.numpy()[0].reshape(len(mask), -1)[:, 0]
    assert not np.any(features[~mask])
    assert not np.any(memory.time.numpy()[0][~mask])
    pairs = zip(features[mask], memory.time.numpy()[0][mask], strict=True)
    return [(float(value), int(time)) for value, time in pairs]


def test_inputs_are_written_in_order():
    memory = Append(4)(_numbers(5, 6))
    assert _slots(memory) == [(5, 0), (6, 1)]
    assert memory.mask.numpy().tolist() == [[True, True, False, False]]


def test_as_many_inputs_as_slots_fill_the_memory():
    assert _slots(Append(2)(_numbers(5, 6))) == [(5, 0), (6, 1)]


def test_a_full_memory_forgets_its_oldest():
    assert _slots(Append(2)(_numbers(5, 6, 7))) == [(6, 1), (7, 2)]
    memory = Append(2)(_numbers(8), Append(2)(_numbers(5, 6, 7)))
    assert _slots(memory) == [(7, 2), (8, 3)]


def test_more_inputs_than_slots_are_written_to_a_memory():
    memory = Append(2)(_numbers(6, 7, 8), Append(2)(_numbers(5)))
    assert _slots(memory) == [(7, 2), (8, 3)]


def test_an_input_that_writes_nothing_leaves_its_slot_of_a_new_memory_empty():
    written = np.array([[True, False, True]])
    memory = Append(4)(_numbers(5, 6, 7), written=written)
    assert memory.mask.numpy().tolist() == [[True, False, True, False]]
    assert _slots(memory) == [(5, 0), (7, 1)]


def test_nothing_written_leaves_the_memory_as_it_is():
    nothing = np.zeros((1, 2), bool)
    assert _slots(Append(3)(_numbers(8, 9), written=nothing)) == []
    memory = Append(3)(_numbers(5, 6))
    after = Append(3)(_numbers(8, 9), memory, written=nothing)
    assert _slots(after) == _slots(memory)


def test_no_inputs_leave_the_memory_as_it_is():
    memory = Append(3)(_numbers(5, 6))
    none = np.zeros((1, 0, 1), "float32")
    assert _slots(Append(3)(none, memory)) == _slots(memory)
    assert _slots(Append(3)(none)) == []


def test_what_is_not_written_may_be_nan():
    features = _numbers(5, np.nan, 7)
    written = np.array([[True, False, True]])
    for slots in (2, 3):
        memory = Append(slots)(features, written=written)
        assert _slots(memory) == [(5, 0), (7, 1)]


@pytest.mark.parametrize("slots", [2, 5])
def test_ids_and_several_embeddings_are_kept_whole(slots):
    for shape, dtype in (((1, 3, 4), "int32"), ((1, 3, 2, 5), "float32")):
        features = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
        memory = Append(slots)(features)
        assert memory.features.dtype == dtype
        kept = min(slots, 3)
        np.testing.assert_array_equal(
            memory.features[:, :kept], features[:, -kept:]
        )


def test_examples_of_a_batch_overflow_by_themselves():
    features = np.arange(8, dtype="float32").reshape(2, 4, 1)
    written = np.array([[True] * 4, [False, True, False, True]])
    memory = Append(2)(features, written=written)
    assert memory.features.numpy()[..., 0].tolist() == [[2, 3], [5, 7]]
    assert memory.time.numpy().tolist() == [[2, 3], [0, 1]]


def test_an_empty_memory_is_as_good_as_none():
    empty = Memory.empty(1, slots=3, feature_shape=(1,))
    expected = _slots(Append(3)(_numbers(4, 5)))
    assert _slots(Append(3)(_numbers(4, 5), empty)) == expected


@FEW
@given(
    slots=st.integers(1, 4),
    calls=st.lists(
        st.lists(st.booleans(), min_size=1, max_size=5),
        min_size=1,
        max_size=4,
    ),
)
def test_the_memory_is_that_of_a_queue_however_it_was_written(slots, calls):
    append, memory = Append(slots), None
    queue = collections.deque(maxlen=slots)
    time, everything = 0, []
    for written in calls:
        values = [len(everything) + n + 1.0 for n in range(len(written))]
        memory = append(_numbers(*values), memory, written=np.array([written]))
        for value, is_written in zip(values, written, strict=True):
            everything.append((value, is_written))
            if is_written:
                queue.append((value, time))
                time += 1
    assert _slots(memory) == list(queue)
    values, written = zip(*everything, strict=True)
    at_once = append(_numbers(*values), written=np.array([written]))
    assert _slots(at_once) == list(queue)
    assert at_once.written().numpy().tolist() == [time]


@pytest.mark.parametrize("slots", [0, -1, 2.0, None])
def test_slots_must_be_a_positive_int(slots):
    with pytest.raises(ValueError, match="Expected `slots`.*Received"):
        Append(slots)


def test_features_need_an_axis_of_inputs():
    with pytest.raises(ValueError, match=r"Expected `features` of shape"):
        Append(2)(np.zeros(3, "float32"))
