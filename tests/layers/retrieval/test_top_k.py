import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from memnet_tf.layers import ExactRetrieval
from memnet_tf.layers.retrieval import top_k

FEW = settings(max_examples=60, deadline=None)
METRICS = ("inner_product", "l2")


def _scores(query, keys, metric):
    if metric == "l2":
        return -np.square(query[:, None] - keys).sum(axis=-1)
    return query @ keys.T


def _assert_best(rows, scores, mask):
    """That `rows` hold the best scores, whichever of equal ones."""
    for found, score in zip(rows, scores, strict=True):
        assert len(set(found)) == len(found)
        best = np.sort(score[mask])[::-1][: len(found)]
        np.testing.assert_array_equal(score[found][: len(best)], best)


@pytest.fixture
def in_two_stages(monkeypatch):
    """Groups and blocks so small that few rows are searched in both."""
    monkeypatch.setattr(top_k, "WORTH", 1)
    monkeypatch.setattr(top_k, "BLOCK", 8)


@FEW
@given(
    count=st.integers(1, 50),
    k=st.integers(1, 7),
    seed=st.integers(0, 99),
    filled=st.sampled_from([0.1, 0.7, 1]),
    metric=st.sampled_from(METRICS),
)
def test_the_best_rows_are_numpys(count, k, seed, filled, metric):
    random = np.random.default_rng(seed)
    # Small whole numbers, so that many scores are equal and all are exact.
    keys = random.integers(-2, 3, (count, 3)).astype("float32")
    query = random.integers(-2, 3, (2, 3)).astype("float32")
    mask = random.random(count) < filled
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(top_k, "WORTH", 1)
        patch.setattr(top_k, "BLOCK", 8)
        rows = top_k.best_rows(
            tf.constant(query), k, tf.constant(keys), mask, metric, group=4
        ).numpy()
    assert rows.shape == (2, min(k, count))
    assert np.all((rows >= 0) & (rows < count))
    _assert_best(rows, _scores(query, keys, metric), mask)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("count", [64, 67])
def test_two_stages_find_what_one_does(in_two_stages, metric, count):
    random = np.random.default_rng(0)
    keys = random.normal(size=(count, 5)).astype("float32")
    query = tf.constant(random.normal(size=(3, 5)).astype("float32"))
    rows = top_k.best_rows(query, 3, tf.constant(keys), None, metric, group=4)
    scores = _scores(query.numpy(), keys, metric)
    np.testing.assert_array_equal(rows, np.argsort(-scores, axis=1)[:, :3])


@pytest.mark.parametrize("features", [2, 784])
def test_groups_of_any_width_find_what_one_stage_does(features):
    random = np.random.default_rng(0)
    keys = random.normal(size=(5000, features)).astype("float32")
    query = tf.constant(random.normal(size=(3, features)).astype("float32"))
    rows = top_k.best_rows(query, 2, tf.constant(keys))
    scores = _scores(query.numpy(), keys, "inner_product")
    np.testing.assert_array_equal(rows, np.argsort(-scores, axis=1)[:, :2])


def test_a_row_that_is_nan_is_not_passed_over(in_two_stages):
    keys = np.ones((40, 2), "float32")
    keys[17, 1] = np.nan
    for group in (4, 100):  # two stages, and one
        rows = top_k.best_rows(
            tf.ones([1, 2]), 2, tf.constant(keys), None, group=group
        )
        assert rows[0, 0] == 17
    assert np.isnan(ExactRetrieval()(np.ones((1, 2)), 1, keys).scores[0, 0])


@pytest.mark.parametrize("count", [0, 2, 20])
def test_the_number_of_rows_need_not_be_known(count):
    keys = np.arange(2 * count, dtype="float32").reshape(count, 2)
    layer = ExactRetrieval()
    query = np.ones((1, 2), "float32")

    @tf.function(input_signature=[tf.TensorSpec([None, 2])])
    def call(keys):
        return layer(query, 3, keys)

    for received, expected in zip(
        call(keys), layer(query, 3, keys), strict=True
    ):
        np.testing.assert_array_equal(received, expected)


def test_each_example_may_have_its_own_memory():
    keys = np.array([[[1.0], [3.0]], [[5.0], [4.0]]], "float32")
    mask = np.array([[True, True], [False, True]])
    retrieved = ExactRetrieval()(np.ones((2, 1)), 2, keys, mask)
    assert retrieved.slots.numpy().tolist() == [[1, 0], [1, 0]]
    assert retrieved.mask.numpy().tolist() == [[True, True], [True, False]]
