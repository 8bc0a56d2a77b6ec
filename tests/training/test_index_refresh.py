import keras
import numpy as np
import pytest

from memnet_tf.layers import InvertedFileRetrieval
from memnet_tf.training import IndexRefresh

RANDOM = np.random.default_rng(0)
QUERIES = RANDOM.normal(size=(16, 4)).astype("float32")


class Reader(keras.Model):
    """Looks for one slot and learns its score."""

    def __init__(self):
        super().__init__()
        self.retrieval = InvertedFileRetrieval(8, 2, 64)
        self.keys = self.add_weight(shape=(64, 4), initializer="normal")
        self.retrieval.index(self.keys)

    def call(self, query):
        return self.retrieval(query, 3, self.keys).scores


def _fit(learning_rate=0.1, **arguments):
    keras.utils.set_random_seed(0)
    model = Reader()
    model.compile(keras.optimizers.SGD(learning_rate), "mse")
    refresh = IndexRefresh(model.retrieval, model.keys, **arguments)
    targets = 100 * np.ones((16, 3))
    model.fit(QUERIES, targets, 2, verbose=0, callbacks=[refresh])
    return refresh


def test_an_index_is_made_at_first_and_every_few_steps():
    assert _fit(steps=3).refreshed == 1 + 8 // 3


def test_an_index_that_is_good_stays():
    refresh = _fit(0.0, steps=2, lowest_recall=0.3, queries=QUERIES)
    assert refresh.refreshed == 1
    assert 0.3 <= refresh.recall <= 1


def test_an_index_that_is_no_longer_good_is_made_again():
    refresh = _fit(0.0, steps=2, lowest_recall=1.1, queries=QUERIES)
    assert refresh.refreshed == 5


def test_recall_is_the_share_of_the_best_that_is_found():
    retrieval = InvertedFileRetrieval(1, 1, 2)
    keys = np.array([[1.0], [2.0], [3.0], [4.0]])
    retrieval.index(keys)
    refresh = IndexRefresh(
        retrieval, keys, lowest_recall=1, queries=np.ones((1, 1)), k=2
    )
    assert refresh.measure() == 0  # it looks at the first two slots
    refresh.k = 4
    assert refresh.measure() == 0.5


def test_keys_that_became_nan_end_the_training():
    with pytest.raises(ValueError, match=r"Expected `keys` without NaN"):
        _fit(float("nan"), steps=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 0}, "Expected `steps`.*Received: 0"),
        ({"lowest_recall": 0.9}, "Expected `queries`.*Received"),
        ({"queries": QUERIES}, "Expected `queries`.*Received"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        _fit(**arguments)
