"""Stores that ScaNN searches, and stores where it is not installed."""

import importlib.util
import sys
import threading

import numpy as np
import pytest

from memnet_tf.memory_store import MemoryStore, index

needs_scann = pytest.mark.skipif(
    importlib.util.find_spec("scann") is None, reason="needs scann"
)
D = 32
MAINTAIN = index.Index.maintain


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Indices of few memories, made by the test alone."""
    monkeypatch.setattr(index, "INDEX_FROM", 500)
    monkeypatch.setattr(index, "SEAL_FROM", 128)
    monkeypatch.setattr(index, "_NEWER", 64)
    monkeypatch.setattr(index.Index, "maintain", lambda self, count: None)


@pytest.fixture
def by_threads(small, monkeypatch):
    """Indices made by threads, as they are for a user."""
    monkeypatch.setattr(index.Index, "maintain", MAINTAIN)


def wait():
    for name in ("_seal", "_rebuild", "_merge"):  # a seal begins a merge
        for thread in threading.enumerate():
            if thread.name == name:
                thread.join()


def topics(count, seed=0):
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(1).normal(size=(50, D))
    vectors = centres[random.integers(0, 50, count)]
    return vectors + 0.5 * random.normal(size=(count, D))


@pytest.fixture(params=["inner_product", "l2"])
def store(request):
    store = MemoryStore(D, 6000, metric=request.param, index="scann")
    store.write(topics(5000))
    store.rebuild()
    assert len(store._index.parts) == 1
    return store


def recall(store, k=10):
    queries = topics(50, seed=2)
    ids = np.array(list(store))
    vectors = store.read(ids).vectors
    scores = queries @ vectors.T
    if store.metric == "l2":
        scores = -((queries[:, None] - vectors) ** 2).sum(axis=2)
    expected = ids[np.argsort(-scores, axis=1)[:, :k]]
    every = store.search(queries, k, exact=True)
    np.testing.assert_array_equal(every.ids, expected)
    batch = store.search(queries, k)
    one_by_one = [store.search(query[None], k).ids[0] for query in queries]
    assert batch.mask.all()
    found = [
        [
            len(set(one) & set(other)) / k
            for one, other in zip(*pair, strict=True)
        ]
        for pair in ((batch.ids, expected), (one_by_one, expected))
    ]
    return np.mean(found)


def is_found(store, id):
    vector = store.read([id]).vectors
    found = store.search(100 * vector if store.metric != "l2" else vector, 20)
    return id in found.ids


@pytest.mark.scann
@needs_scann
def test_nearly_all_of_the_nearest_are_found(store):
    assert recall(store) > 0.95


@pytest.mark.scann
@needs_scann
def test_what_is_newer_than_the_index_is_found(store):
    for number in range(200):
        vector = 2 * topics(1, seed=number)
        (id,) = store.write(vector)
        assert is_found(store, id)
    assert recall(store) > 0.95
    store._index._seal()
    assert len(store._index.parts) == 2
    assert sum(block.count for block in store._index.newer) == 0
    assert recall(store) > 0.95
    store.rebuild()
    assert len(store._index.parts) == 1
    assert recall(store) > 0.95


@pytest.mark.scann
@needs_scann
def test_what_was_updated_is_found_by_its_new_value_only(store):
    far = np.full((1, D), 50.0)
    store.update([7], far)
    assert store.search(far, k=1).ids.tolist() == [[7]]
    store.update([7], -far)
    assert store.search(-far, k=1).ids.tolist() == [[7]]
    assert 7 not in store.search(far, k=100).ids
    store._index._seal()
    assert store.search(-far, k=1).ids.tolist() == [[7]]


@pytest.mark.scann
@needs_scann
def test_what_was_deleted_is_found_no_more(store):
    query = topics(1, seed=3)
    for _ in range(10):
        nearest = store.search(query, k=150).ids[0]
        assert not any(id in nearest for id in range(5000) if id not in store)
        store.delete(nearest)
    assert recall(store) > 0.95
    store.delete(list(store)[:-3])
    found = store.search(query, k=5)
    assert set(found.ids[0, :3]) == set(store)
    assert found.mask.tolist() == [[True] * 3 + [False] * 2]


@pytest.mark.scann
@needs_scann
def test_a_part_of_which_little_is_left_is_made_anew_with_what_is_newer(store):
    ids = store.write(topics(400, seed=4))
    store._index._seal()
    store.delete(ids[:-2])
    assert recall(store) > 0.95
    assert all(is_found(store, id) for id in ids[-2:])
    store.write(topics(100, seed=5))
    store._index._seal()
    assert [len(part.slots) for part in store._index.parts] == [5000, 102]
    assert recall(store) > 0.95


@pytest.mark.scann
@needs_scann
def test_a_memory_that_took_a_slot_over_is_found_by_its_id():
    store = MemoryStore(D, 1000)
    store.write(topics(1000))
    store.rebuild()
    new = store.write(topics(900, seed=5))
    assert recall(store) > 0.95
    found = store.search(store.read(new[:50]).vectors, k=20).ids
    assert found.min() >= 900


@pytest.mark.scann
@needs_scann
@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_vectors_of_any_length_are_indexed(scale):
    store = MemoryStore(D, 2000)
    store.write(scale * topics(2000))
    store.rebuild()
    assert recall(store) > 0.95
    store.write(np.zeros((600, D)))
    store.rebuild()
    assert store.search(np.zeros((2, D)), k=3).mask.all()


@pytest.mark.scann
@needs_scann
@pytest.mark.parametrize("metric", ["inner_product", "l2"])
def test_a_few_vectors_far_from_all_others_do_not_harm(metric):
    store = MemoryStore(D, 2010, metric=metric)
    store.write(topics(2000) + (100 if metric == "l2" else 0))
    far = 10.0 ** np.arange(3, 13)[:, None] * np.ones(D)
    ids = store.write(far)
    store.rebuild()
    assert store.search(far, k=1).mask.all()
    for number in ids:
        store.delete([number])
    store.write(100 * topics(1, seed=1))
    assert recall(store) > 0.95


@pytest.mark.scann
@needs_scann
def test_a_store_of_equal_or_zero_vectors_is_indexed():
    store = MemoryStore(D, 700)
    store.write(np.zeros((600, D)))
    store.rebuild()
    found = store.search(np.ones((3, D)), k=100)
    assert all(len(set(row)) == 100 for row in found.ids.tolist())


@pytest.mark.scann
@needs_scann
def test_an_index_of_all_is_not_made_again(store):
    (part,) = store._index.parts
    store.rebuild()
    assert store._index.parts == (part,)
    store.delete([9])
    store.rebuild()
    assert store._index.parts != (part,)


@pytest.mark.scann
@needs_scann
def test_what_is_written_while_an_index_is_made_is_kept(store, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    make = index.Index._parts

    def make_slowly(self, *arguments, **named):
        begun.set()
        assert go_on.wait(60)
        return make(self, *arguments, **named)

    monkeypatch.setattr(index.Index, "_parts", make_slowly)
    store.delete([9])
    thread = threading.Thread(target=store.rebuild)
    thread.start()
    assert begun.wait(60)
    far = np.full((1, D), 50.0)
    (new,) = store.write(far)
    store.update([7], -far)
    store.delete([8])
    for _ in range(2):
        assert new in store.search(far, k=1).ids
        assert 7 in store.search(-far, k=1).ids
        go_on.set()
        thread.join()
    assert 8 not in store.search(topics(50), k=100).ids
    assert recall(store) > 0.95


@pytest.mark.scann
@needs_scann
def test_threads_make_indices_when_there_is_something_to_index(by_threads):
    store = MemoryStore(D, 3000)
    store.write(topics(400))
    assert not store._index.parts
    store.write(topics(600, seed=1))
    wait()
    assert [len(part.slots) for part in store._index.parts] == [1000]
    store.write(topics(200, seed=2))
    wait()
    assert [len(part.slots) for part in store._index.parts] == [1000, 200]
    store.write(topics(900, seed=3))
    wait()
    assert len(store._index.parts[0].slots) == 2100
    assert recall(store) > 0.95


@pytest.mark.scann
@needs_scann
def test_many_parts_of_a_length_become_one(by_threads):
    store = MemoryStore(D, 9000)
    store.write(topics(4000))
    wait()
    lengths = []
    for seed in range(1, 11):
        store.write(topics(192, seed=seed))
        wait()
        lengths.append(len(store._index.parts))
        assert recall(store) > 0.95
    assert lengths == [2, 3, 4, 2, 3, 4, 5, 3, 4, 5]
    assert len(store) == 4000 + 10 * 192


@pytest.mark.scann
@needs_scann
def test_writes_wait_for_a_thread_that_is_far_behind(by_threads):
    store = MemoryStore(D, 3000)
    store.write(topics(2000))
    wait()
    for number in range(100):
        store.update(range(64), topics(64, seed=number))
        newer = sum(block.count for block in store._index.newer)
        assert newer <= index.STALL_FROM * index.SEAL_FROM + 64
    wait()
    np.testing.assert_array_equal(
        store.read(range(64)).vectors, topics(64, seed=99).astype("float32")
    )
    assert recall(store) > 0.95


@pytest.mark.scann
@needs_scann
def test_an_index_is_saved_with_its_store(store, tmp_path):
    store.write(topics(100, seed=4))
    store.delete(range(0, 5000, 7))
    store._index._seal()
    store.write(3 * topics(100, seed=6))
    store.save(tmp_path / "first")
    (tmp_path / "first").rename(tmp_path / "kept")
    loaded = MemoryStore.load(tmp_path / "kept")
    assert len(loaded._index.parts) == 2
    for queries in (topics(20, seed=7), topics(1, seed=8)):
        found, again = store.search(queries, 10), loaded.search(queries, 10)
        np.testing.assert_array_equal(found.ids, again.ids)
        np.testing.assert_array_equal(found.scores, again.scores)
    (id,) = loaded.write(5 * topics(1, seed=9))
    assert is_found(loaded, id)
    loaded.save(tmp_path / "kept")
    assert recall(MemoryStore.load(tmp_path / "kept")) > 0.95


@pytest.mark.scann
@needs_scann
def test_an_index_of_another_scann_is_made_anew(store, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: "9.9.9")
    store.save(tmp_path)
    monkeypatch.undo()
    loaded = MemoryStore.load(tmp_path)
    assert not loaded._index.parts
    assert recall(loaded) == 1


@pytest.fixture
def no_scann(monkeypatch):
    monkeypatch.setitem(sys.modules, "scann", None)


def test_without_scann_all_memories_are_compared(no_scann):
    store = MemoryStore(D, 1000)
    store.write(topics(1000))
    store.rebuild()
    assert not store._index.parts
    assert recall(store) == 1


def test_without_scann_asking_for_it_names_the_pair_to_install(no_scann):
    with pytest.raises(ImportError, match=r"scann 1.4.2 with tensorflow 2.20"):
        MemoryStore(D, 1000, index="scann")


@pytest.mark.scann
@needs_scann
def test_a_store_with_an_index_is_loaded_without_scann(store, tmp_path):
    store.index = "auto"
    store.save(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "scann", None)
        loaded = MemoryStore.load(tmp_path)
        assert recall(loaded) == 1
