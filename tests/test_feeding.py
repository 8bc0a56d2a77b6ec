"""Batches of examples in memory."""

import keras
import numpy as np

from memnet_tf import feeding


def _epochs(dataset, count=2):
    return [
        np.concatenate([rows for rows, _ in dataset.as_numpy_iterator()])
        for _ in range(count)
    ]


def test_every_epoch_has_every_example_in_an_order_of_its_own():
    keras.utils.set_random_seed(0)
    rows = np.arange(12)
    first, second = _epochs(feeding.batches((rows, rows), batch_size=4))
    assert sorted(first) == sorted(second) == rows.tolist()
    assert first.tolist() != second.tolist()


def test_order_is_kept_where_asked_for():
    rows = np.arange(12)
    for epoch in _epochs(feeding.batches((rows, rows), 4, shuffle=False)):
        assert epoch.tolist() == rows.tolist()


def test_a_seed_repeats_a_training_not_an_epoch():
    def orders():
        keras.utils.set_random_seed(1)
        rows = np.arange(12)
        return np.array(_epochs(feeding.batches((rows, rows), 4)))

    np.testing.assert_array_equal(orders(), orders())


def test_batches_keep_the_structure_and_are_of_one_size():
    x = {"story": np.zeros((10, 3, 2), "int32"), "question": np.ones((10, 2))}
    batches = list(feeding.batches((x, {"answer": np.arange(10)}), 4))
    assert len(batches) == 2
    for x, y in batches:
        assert x["story"].shape == (4, 3, 2)
        assert y["answer"].shape == (4,)
