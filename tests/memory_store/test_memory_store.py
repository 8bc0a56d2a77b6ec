import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memnet_tf.memory_store import MemoryStore, Oldest, slots

NORTH, EAST = [0.0, 1.0], [1.0, 0.0]


@pytest.fixture
def store():
    """Two memories, of ids 0 and 1."""
    store = MemoryStore(dimension=2, capacity=3, index="exact")
    store.write([NORTH, EAST], records=["north", {"to": ["east"]}])
    return store


def contents(store):
    ids = list(store)
    vectors, records = store.read(ids)
    return ids, vectors.tolist(), records, store._slots.usefulness.tolist()


def test_read_returns_vectors_and_records(store):
    vectors, records = store.read([1, 0])
    np.testing.assert_array_equal(vectors, [EAST, NORTH])
    assert vectors.dtype == np.float32
    assert records == [{"to": ["east"]}, "north"]


def test_what_is_read_is_a_copy(store):
    found = store.read([1])
    found.vectors[:] = 9
    found.records[0]["to"] = "changed"
    np.testing.assert_array_equal(store.read([1]).vectors, [EAST])
    assert store.read([1]).records == [{"to": ["east"]}]


def test_a_memory_without_record_has_none(store):
    assert store.read(store.write([NORTH])).records == [None]


def test_search_finds_the_most_similar_first(store):
    found = store.search([[3.0, 1.0], [1.0, 3.0]], k=2)
    np.testing.assert_array_equal(found.ids, [[1, 0], [0, 1]])
    np.testing.assert_array_equal(found.scores, [[3, 1], [3, 1]])
    assert found.mask.all()


def test_distance_is_scored_by_minus_its_square():
    store = MemoryStore(2, 3, metric="l2")
    store.write([NORTH, EAST])
    found = store.search([[3.0, 0.0]], k=2)
    np.testing.assert_array_equal(found.ids, [[1, 0]])
    np.testing.assert_array_equal(found.scores, [[-4, -10]])


def test_search_is_padded_to_k(store):
    found = store.search([NORTH], k=5)
    np.testing.assert_array_equal(found.ids, [[0, 1, -1, -1, -1]])
    np.testing.assert_array_equal(found.mask, [[True] * 2 + [False] * 3])
    assert np.isfinite(found.scores).all()


def test_an_empty_store_and_no_query_are_ordinary(store):
    empty = MemoryStore(2, 5).search([NORTH], k=2)
    np.testing.assert_array_equal(empty.mask, [[False, False]])
    assert store.search(np.empty((0, 2)), k=2).ids.shape == (0, 2)
    assert store.write(np.empty((0, 2))).tolist() == []
    store.update([], np.empty((0, 2)))
    store.delete([])
    assert store.read([]).vectors.shape == (0, 2)
    assert list(store) == [0, 1]


def test_equals_come_in_the_order_of_their_slots(store):
    store.write([NORTH])
    found = store.search([NORTH], k=3)
    np.testing.assert_array_equal(found.ids, [[0, 2, 1]])


def test_an_updated_memory_is_found_by_its_new_value(store):
    store.update([0], [[0.0, -5.0]])
    assert store.search([[0.0, -1.0]], k=1).ids.tolist() == [[0]]
    assert store.read([0]).records == ["north"]
    store.update([0], [NORTH], records=["up"])
    assert store.search([NORTH], k=1).ids.tolist() == [[0]]
    assert store.read([0]).records == ["up"]


def test_a_deleted_memory_is_found_no_more(store):
    store.delete([0])
    assert 0 not in store
    assert len(store) == 1
    np.testing.assert_array_equal(store.search([NORTH], k=2).ids, [[1, -1]])
    assert store.write([NORTH]).tolist() == [2]  # ids are not used again
    assert store.read([2]).records == [None]


def test_a_deleted_memory_leaves_nothing_behind(store):
    store.delete([0])
    assert not store._slots.vectors[0].any()
    assert store._slots.records[0] == "null"


def test_ids_may_be_given(store):
    assert store.write([NORTH], ids=[70]).tolist() == [70]
    store.delete([70, 0])
    assert store.write([NORTH]).tolist() == [71]


WRONG_VECTORS = [
    [[np.nan, 0.0]],
    [[0.0, np.inf]],
    [[1e16, 0.0]],
    [[1e300, 0.0]],
    [[1.0, 2.0, 3.0]],
    [1.0, 2.0],
    [[1.0, 2.0], [1.0]],
    [["a", "b"]],
    [[1j, 0]],
    None,
]


@pytest.mark.parametrize("vectors", WRONG_VECTORS, ids=str)
def test_wrong_vectors_change_nothing(store, vectors):
    before = contents(store)
    for change in (
        lambda: store.write(vectors),
        lambda: store.update([0], vectors),
        lambda: store.search(vectors, k=1),
    ):
        with pytest.raises(ValueError, match="Expected .*Received: "):
            change()
    assert contents(store) == before
    assert store.write([NORTH]).tolist() == [2]


@pytest.mark.parametrize(
    "arguments",
    [
        {"ids": [5, 5]},
        {"ids": [5, 0]},  # there
        {"ids": [5]},
        {"ids": [-1, 5]},
        {"ids": [2**62, 5]},
        {"ids": [0.5, 5]},
        {"ids": ["a", "b"]},
        {"records": ["one"]},
        {"records": ["one", {1, 2}]},
        {"records": ["one", float("nan")]},
        {"usefulness": [1, 2, 3]},
        {"usefulness": [1, np.inf]},
        {"usefulness": "much"},
    ],
    ids=str,
)
def test_wrong_arguments_of_a_write_change_nothing(store, arguments):
    before = contents(store)
    with pytest.raises(ValueError, match="Expected .*Received: "):
        store.write([NORTH, NORTH], **arguments)
    assert contents(store) == before


def test_unknown_ids_change_nothing(store):
    before = contents(store)
    for change in (
        lambda: store.read([0, 9]),
        lambda: store.delete([0, 9]),
        lambda: store.update([0, 9], [EAST, EAST]),
        lambda: store.set_usefulness([0, 9], 1),
    ):
        with pytest.raises(KeyError, match=r"Expected .*Received: \[9\]"):
            change()
    with pytest.raises(ValueError, match=r"more than once \[0\]"):
        store.delete([0, 0])
    assert contents(store) == before


@pytest.mark.parametrize("k", [0, -1, 1.5, True, None])
def test_k_is_a_positive_integer(store, k):
    with pytest.raises(ValueError, match="Expected `k` to be a positive"):
        store.search([NORTH], k)


@pytest.mark.parametrize(
    "arguments",
    [
        {"dimension": 0},
        {"capacity": 2.5},
        {"forgetting": "oldest"},
        {"forgetting": Oldest},
        {"metric": "cosine"},
        {"index": "faiss"},
    ],
    ids=str,
)
def test_wrong_arguments_of_a_store_are_refused(arguments):
    with pytest.raises(ValueError, match="Expected .*Received: "):
        MemoryStore(**{"dimension": 2, "capacity": 3, **arguments})


def test_the_nearest_memory_moves_when_there_is_no_room(store):
    ids = store.write_nearest([[8.0, 8.0], [0.0, 3.0], [0.0, 4.0]], gate=0.5)
    assert ids.tolist() == [2, 0, 0]
    np.testing.assert_array_equal(
        store.read([0, 1, 2]).vectors, [[0, 3], EAST, [8, 8]]
    )
    assert store.read([0]).records == ["north"]
    assert store.write_nearest(EAST, gate=1).tolist() == [1]


def test_a_gate_may_depend_on_both_vectors(store):
    def gate(x, m):
        assert x.shape == m.shape == (1, 2)
        return ((x - m) ** 2).sum(axis=1) / 16

    store.write([[9.0, 9.0]])
    assert store.write_nearest([0.0, 3.0], gate).tolist() == [0]
    np.testing.assert_array_equal(store.read([0]).vectors, [[0, 1.5]])


@pytest.mark.parametrize(
    "gate", [-0.1, 1.1, np.nan, "half", [0.1, 0.2], lambda x, m: np.nan]
)
def test_a_wrong_gate_changes_nothing(store, gate):
    store.write([[9.0, 9.0]])
    before = contents(store)
    with pytest.raises(ValueError, match="Expected `gate`"):
        store.write_nearest([NORTH], gate)
    assert contents(store) == before


@pytest.mark.parametrize("metric", ["inner_product", "l2"])
@pytest.mark.parametrize("count", [1, 100, 5000])
def test_search_finds_what_comparing_all_finds(metric, count, monkeypatch):
    monkeypatch.setattr(slots, "BLOCK", 512)
    random = np.random.default_rng(0)
    store = MemoryStore(16, 5000, metric=metric, index="exact")
    vectors = random.normal(size=(count, 16)).astype("float32")
    ids = store.write(vectors)
    gone = ids[::7][1:]
    store.delete(gone)
    queries = random.normal(size=(70, 16)).astype("float32")
    if metric == "l2":
        scores = -((queries[:, None] - vectors) ** 2).sum(axis=2)
    else:
        scores = queries @ vectors.T
    scores[:, gone] = -np.inf
    expected = np.argsort(-scores, axis=1)[:, :20]
    found = store.search(queries, k=20)
    filled = min(20, len(store))
    np.testing.assert_array_equal(found.ids[:, :filled], expected[:, :filled])
    np.testing.assert_allclose(
        found.scores[:, :filled],
        np.take_along_axis(scores, expected, axis=1)[:, :filled],
        rtol=1e-4,
        atol=1e-5,
    )
    assert (found.mask.sum(axis=1) == filled).all()


@settings(max_examples=50, deadline=None)
@given(
    rows=st.integers(1, 4),
    columns=st.integers(1, 3000),
    count=st.integers(1, 40),
    values=st.integers(1, 1000),
    seed=st.integers(0, 2**32 - 1),
)
def test_best_columns_are_those_of_a_full_sort(
    rows, columns, count, values, seed
):
    random = np.random.default_rng(seed)
    scores = random.integers(0, values, (rows, columns)).astype("float32")
    chosen = slots.best(scores, count)
    assert all(len(set(row)) == len(row) for row in chosen.tolist())
    np.testing.assert_array_equal(
        np.sort(np.take_along_axis(scores, chosen, axis=1), axis=1),
        np.sort(scores, axis=1)[:, -count:],
    )
