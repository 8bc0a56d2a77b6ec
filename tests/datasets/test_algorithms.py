"""Sequences of random bits: what they ask can be answered from them."""

import numpy as np
import pytest

from memnet_tf.datasets import algorithms


def test_what_is_copied_follows_the_end():
    made = algorithms.copy(50, shortest=1, longest=5, bits=3)
    assert made.inputs.shape == (50, 11, 4)
    lengths = made.answered.sum(axis=1)
    assert set(lengths) == {1, 2, 3, 4, 5}
    for row, length in enumerate(lengths):
        end = np.flatnonzero(made.inputs[row, :, 3])
        assert end.tolist() == [length]
        items = made.inputs[row, :length, :3]
        answers = made.answers[row, made.answered[row]]
        np.testing.assert_array_equal(items, answers)
        assert not made.inputs[row, length + 1 :].any()
        assert not made.answers[row, ~made.answered[row]].any()


def test_the_item_after_the_one_asked_is_recalled():
    made = algorithms.associative_recall(50, 2, 6, bits=3, questions=2)
    assert made.inputs.shape == (50, 12, 4)
    asked = set()
    for row in range(50):
        begin, end = np.flatnonzero(made.inputs[row, :, 3])
        length = end - 1
        assert begin == 0
        items = made.inputs[row, 1:end, :3].tolist()
        assert len(set(map(tuple, items))) == length
        answered = np.flatnonzero(made.answered[row])
        assert answered.tolist() == [length + 3, length + 5]
        for answer in answered:
            place = items.index(made.inputs[row, answer - 1, :3].tolist())
            assert made.answers[row, answer].tolist() == items[place + 1]
            asked.add((length, place))
    assert len(asked) > 10


@pytest.mark.parametrize(
    "make", [algorithms.copy, algorithms.associative_recall]
)
def test_a_seed_makes_the_same_sequences(make):
    one, same, other = (make(9, 2, 4, seed=seed) for seed in (1, 1, 2))
    for left, right in zip(one, same, strict=True):
        np.testing.assert_array_equal(left, right)
    assert np.any(one.inputs != other.inputs)


@pytest.mark.parametrize("lengths", [(1, 2), (3, 2), (2, 5)])
def test_items_to_recall_are_enough_and_differ(lengths):
    with pytest.raises(ValueError, match="Expected from 2 to 4 items"):
        algorithms.associative_recall(1, *lengths, bits=2)
