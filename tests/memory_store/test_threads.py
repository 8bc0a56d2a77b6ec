"""Many readers and writers of one store."""

import threading
import time

import numpy as np
import pytest

from memnet_tf.memory_store import LeastRecentlyRead, MemoryStore, index

D = 8


def vector(id, version):
    random = np.random.default_rng([id, version])
    return random.normal(size=D).astype("float32")


def record(id, version):
    return {"id": int(id), "version": version}


class Worker(threading.Thread):
    """Writes, updates, deletes, reads and searches until it is told to end.

    Its own memories are in `held`, id to version: nobody else changes them.
    """

    def __init__(self, store, seed, end):
        super().__init__(name=f"worker {seed}")
        self.store = store
        self.random = np.random.default_rng(seed)
        self.end = end
        self.held = {}
        self.steps = 0
        self.next_id = seed * 10**9
        self.error = None

    def run(self):
        try:
            while time.monotonic() < self.end:
                step = self.random.choice(
                    [self.write, self.update, self.delete, self.look],
                    p=[0.3, 0.2, 0.1, 0.4],
                )
                step()
                self.steps += 1
        except BaseException as error:
            self.error = error

    def some(self):
        count = min(len(self.held), int(self.random.integers(1, 20)))
        if not count:
            return []
        return self.random.choice(list(self.held), count, False).tolist()

    def write(self):
        count = int(self.random.integers(1, 20))
        if len(self.held) + count > 700:
            return
        ids = [self.next_id + number for number in range(count)]
        self.next_id += count
        self.store.write(
            [vector(id, 0) for id in ids],
            records=[record(id, 0) for id in ids],
            ids=ids,
        )
        self.held.update(dict.fromkeys(ids, 0))
        self.finds(ids[-1])

    def update(self):
        ids = self.some()
        versions = [self.held[id] + 1 for id in ids]
        if ids:
            self.store.update(
                ids,
                [vector(*pair) for pair in zip(ids, versions, strict=True)],
                records=[
                    record(*pair) for pair in zip(ids, versions, strict=True)
                ],
            )
            self.held.update(zip(ids, versions, strict=True))
            self.finds(ids[0])

    def delete(self):
        ids = self.some()
        if ids:
            self.store.delete(ids)
            for id in ids:
                version = self.held.pop(id)
            found = self.store.search([vector(id, version)], k=5)
            assert not set(ids) & set(found.ids[0].tolist())

    def look(self):
        ids = self.some()
        vectors, records = self.store.read(ids)
        for id, x, kept in zip(ids, vectors, records, strict=True):
            assert kept == record(id, self.held[id])
            np.testing.assert_array_equal(x, vector(id, self.held[id]))
        queries = self.random.normal(size=(3, D))
        found = self.store.search(queries, k=10)
        for row, filled in zip(found.ids, found.mask, strict=True):
            assert len(set(row[filled].tolist())) == filled.sum()

    def finds(self, id):
        x = vector(id, self.held[id])
        found = self.store.search([x], k=1)
        assert found.ids[0, 0] == id
        assert found.scores[0, 0] == 0


def work(threads, seconds, kind):
    store = MemoryStore(D, threads * 700, metric="l2", index=kind)
    end = time.monotonic() + seconds
    workers = [Worker(store, seed, end) for seed in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(seconds + 60)
        assert not worker.is_alive(), "waits for ever"
        if worker.error:
            raise worker.error
    held = {}
    for worker in workers:
        assert worker.steps > 10
        held.update(worker.held)
    assert set(store) == set(held)
    ids = list(held)
    vectors, records = store.read(ids)
    assert records == [record(id, held[id]) for id in ids]
    np.testing.assert_array_equal(vectors, [vector(id, held[id]) for id in ids])
    return store


@pytest.fixture
def small(monkeypatch):
    """Parts are made all the time."""
    monkeypatch.setattr(index, "INDEX_FROM", 200)
    monkeypatch.setattr(index, "SEAL_FROM", 128)
    monkeypatch.setattr(index, "_NEWER", 64)


def test_no_write_is_lost_and_no_row_is_wrong():
    work(threads=4, seconds=1, kind="exact")


@pytest.mark.scann
def test_no_write_is_lost_while_indices_are_made(small):
    pytest.importorskip("scann")
    store = work(threads=4, seconds=1.5, kind="scann")
    assert store._index.parts


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["exact", "auto"])
def test_no_write_is_lost_in_a_minute_of_eight_threads(small, kind):
    work(threads=8, seconds=60, kind=kind)


def test_searches_go_on_while_memories_are_forgotten_and_saved(tmp_path):
    store = MemoryStore(D, 500, LeastRecentlyRead(), index="exact")
    store.write(np.ones((500, D)))
    end = time.monotonic() + 1
    errors = []

    def search():
        try:
            while time.monotonic() < end:
                found = store.search(np.ones((2, D)), k=7)
                assert found.mask.all()
                assert all(len(set(row)) == 7 for row in found.ids.tolist())
        except BaseException as error:
            errors.append(error)

    def write():
        try:
            while time.monotonic() < end:
                store.write(np.ones((30, D)))
                assert len(store) == len(list(store)) == 500
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for work in (search, write) * 2]
    for thread in threads:
        thread.start()
    while time.monotonic() < end:
        store.save(tmp_path / "kept")
        assert len(MemoryStore.load(tmp_path / "kept")) == 500
    for thread in threads:
        thread.join()
    assert not errors, errors
