import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.retrieval.data import topics
from memnet_tf.layers import ExactRetrieval, InvertedFileRetrieval
from memnet_tf.layers.retrieval import inverted_lists
from memnet_tf.layers.retrieval.k_means import k_means, nearest

FEW = settings(max_examples=40, deadline=None)
RANDOM = np.random.default_rng(0)


@FEW
@given(
    entries=st.lists(st.integers(0, 4), max_size=12),
    asked=st.lists(
        st.lists(st.integers(-1, 4), min_size=3, max_size=3),
        min_size=1,
        max_size=3,
    ),
    limit=st.integers(1, 15),
)
def test_first_slots_are_those_of_the_lists_one_after_the_other(
    entries, asked, limit
):
    slots = np.arange(100, 100 + len(entries), dtype="int32")
    offsets, flat = inverted_lists.build(np.array(entries, int), slots, 5)
    lists = [[s for s, e in zip(slots, entries, strict=True) if e == i]
             for i in range(5)]  # fmt: skip
    flat = np.append(flat, np.int32(0))
    found, filled = inverted_lists.first_slots(
        offsets, flat, np.array(asked, "int32"), limit
    )
    for row, wanted in enumerate(asked):
        joined = [slot for i in wanted if i >= 0 for slot in lists[i]][:limit]
        assert found[row][filled[row]].numpy().tolist() == joined


@pytest.mark.parametrize("metric", ["inner_product", "l2"])
def test_all_cells_and_slots_are_exact(metric):
    keys, query = RANDOM.normal(size=(60, 5)), RANDOM.normal(size=(4, 5))
    mask = RANDOM.random(60) < 0.7
    layer = InvertedFileRetrieval(7, 7, 60, metric)
    layer.index(keys, mask)
    expected = ExactRetrieval(metric)(query, 9, keys, mask)
    received = layer(query, 9, keys, mask)
    np.testing.assert_array_equal(received.slots, expected.slots)


def test_some_cells_find_most():
    keys, query = topics(3000, 16, queries=50)
    layer = InvertedFileRetrieval(100, 20, 1500)
    layer.index(keys)
    found = layer(query, 10, keys).slots.numpy()
    best = ExactRetrieval()(query, 10, keys).slots.numpy()
    hits = [len(set(a) & set(b)) for a, b in zip(found, best, strict=True)]
    assert np.mean(hits) >= 9


def test_a_new_index_keeps_the_weights():
    layer = InvertedFileRetrieval(2, 1, 4)
    layer.index(np.array([[0.0], [1.0], [9.0]]))
    weights = list(layer.weights)
    layer.index(np.array([[9.0], [0.0], [1.0]]), np.array([True, True, False]))
    assert all(a is b for a, b in zip(weights, layer.weights, strict=True))
    assert layer(np.ones((1, 1)), 1, np.ones((3, 1))).slots.numpy() == 0


def test_centers_are_means_of_the_rows_nearest_to_them():
    rows = np.concatenate([RANDOM.normal(size=(40, 3)) + 9 * i for i in (0, 1)])
    rows = rows.astype("float32")
    centers = k_means(rows, 2)
    cells = nearest(rows, centers)
    for cell in (0, 1):
        mean = rows[cells == cell].mean(axis=0)
        np.testing.assert_allclose(centers[cell], mean, rtol=1e-5)
    assert len(set(cells[:40])) == len(set(cells[40:])) == 1


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_rows_than_centers_are_no_error(count):
    layer = InvertedFileRetrieval(4, 2, 8)
    keys = np.ones((count, 2))
    layer.index(keys)
    assert layer(np.ones((1, 2)), 3, keys).mask.numpy().sum() == count


@pytest.mark.parametrize("probes", [0, 5])
def test_probes_are_some_of_the_cells(probes):
    with pytest.raises(ValueError, match=r"Expected `probes`.*Received"):
        InvertedFileRetrieval(4, probes)
