import keras
import numpy as np
import pytest

from memnet_tf.models import MemN2N
from memnet_tf.training import TableClippedSGD
from tests.models import task

GRADIENT = np.random.default_rng(0).normal(size=(5, 6)).astype("float32")


def _step(gradient, **arguments):
    """By how much one step at a learning rate of 1 changes a variable."""
    variable = keras.Variable(np.zeros_like(gradient))
    optimizer = TableClippedSGD(units=2, learning_rate=1.0, **arguments)
    optimizer.apply([gradient], [variable])
    return -variable.numpy()


def test_every_table_is_clipped_by_its_own_norm():
    received = _step(GRADIENT * [1, 1, 9, 9, 0, 0], table_norm=4.0)
    first, second, third = np.split(GRADIENT, 3, axis=1)
    assert np.linalg.norm(first) < 4 < np.linalg.norm(9 * second)
    expected = [first, second * 4 / np.linalg.norm(second), 0 * third]
    np.testing.assert_allclose(
        received, np.concatenate(expected, axis=1), rtol=1e-5
    )


def test_tables_may_have_an_axis_of_their_own():
    received = _step(GRADIENT.reshape(5, 3, 2), table_norm=2.0)
    expected = _step(GRADIENT, table_norm=2.0)
    np.testing.assert_array_equal(received, expected.reshape(5, 3, 2))


def test_a_vector_is_a_table_of_one_row():
    received = _step(np.float32([6, 8]), table_norm=5.0)
    np.testing.assert_allclose(received, [3, 4], rtol=1e-6)


def test_small_gradients_stay_as_they_are():
    np.testing.assert_array_equal(_step(GRADIENT), GRADIENT)


def test_variables_of_other_tables_are_an_error():
    with pytest.raises(ValueError, match=r"Expected.*4 columns.*\(5, 6\)"):
        TableClippedSGD(units=4).build([keras.Variable(GRADIENT)])


def test_the_configuration_holds_the_tables():
    optimizer = TableClippedSGD(3, learning_rate=0.5, table_norm=7.0)
    config = keras.optimizers.serialize(optimizer)
    again = keras.optimizers.deserialize(config)
    assert type(again) is TableClippedSGD
    assert (again.units, again.table_norm) == (3, 7.0)
    assert float(again.learning_rate) == 0.5


def test_a_network_learns_with_it_under_xla():
    keras.utils.set_random_seed(0)
    model = MemN2N(
        task.WORDS,
        3,
        memory_size=2,
        units=8,
        hops=1,
        encoding="bag_of_words",
        time_encoding=False,
    )
    model.compile(TableClippedSGD(8, 0.05), steps_per_execution=10)
    model.fit(task.TEXT, task.ANSWERS, batch_size=8, epochs=20, verbose=0)
    task.assert_learnt(model)
