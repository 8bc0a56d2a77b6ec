import numpy as np

from memnet_tf import Memory


def _memory(mask, time):
    mask, time = np.array(mask), np.array(time, "int32")
    return Memory(np.zeros((*mask.shape, 2), "float32"), mask, time)


def test_an_empty_memory_holds_zeros_of_the_type_asked_for():
    memory = Memory.empty(2, slots=3, feature_shape=(4, 5), dtype="float16")
    assert memory.features.shape == (2, 3, 4, 5)
    assert memory.features.dtype == "float16"
    assert not np.any(memory.features)
    assert memory.mask.numpy().tolist() == [[False] * 3] * 2
    assert memory.time.numpy().tolist() == [[0] * 3] * 2


def test_nothing_was_written_to_an_empty_memory():
    memory = Memory.empty(2, slots=3, feature_shape=())
    assert memory.written().numpy().tolist() == [0, 0]
    assert memory.age().numpy().tolist() == [[0] * 3] * 2


def test_the_newest_slot_has_age_one():
    memory = _memory([[True, True, True]], [[4, 5, 6]])
    assert memory.age().numpy().tolist() == [[3, 2, 1]]


def test_count_includes_forgotten_inputs():
    memory = _memory([[True, True], [True, False]], [[7, 8], [0, 0]])
    assert memory.written().numpy().tolist() == [9, 1]


def test_holes_have_no_age():
    memory = _memory(
        [[True, False, True, False], [False, False, False, True]],
        [[0, 0, 1, 0], [0, 0, 0, 0]],
    )
    assert memory.age().numpy().tolist() == [[2, 0, 1, 0], [0, 0, 0, 1]]
