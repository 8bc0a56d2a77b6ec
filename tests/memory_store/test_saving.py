import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from memnet_tf.memory_store import (
    LeastOftenRead,
    LeastRecentlyRead,
    LeastUseful,
    MemoryStore,
    Oldest,
    Refuse,
)
from tests.full_disk import files_of_at_most

FILES = ["manifest.json", "records.jsonl", "slots.npz", "vectors.npy"]

_ANSWERS = """
import json, sys
from memnet_tf.memory_store import MemoryStore

store = MemoryStore.load(sys.argv[1])
found = store.search([[1.0, 2.0, 3.0], [-1.0, 0.0, 0.5]], k=5)
read = store.read(list(store))
print(json.dumps([
    found.ids.tolist(), found.scores.tolist(), list(store),
    read.vectors.tolist(), read.records,
]))
"""

_SAVES_FOR_EVER = """
import itertools, sys
import numpy as np
from memnet_tf.memory_store import MemoryStore

store = MemoryStore.load(sys.argv[1])
for number in itertools.count():
    store.update(list(store), np.full((len(store), 3), number))
    store.save(sys.argv[1])
    print(number, flush=True)
"""


def made(forgetting=Oldest, count=8):
    """A store whose slots are not in the order of their ids."""
    store = MemoryStore(3, 10, forgetting(), index="exact")
    numbers = np.random.default_rng(0).normal(size=(count, 3))
    ids = store.write(
        numbers,
        records=[{"number": n, "text": "é\n\u2028"} for n in range(count)],
        usefulness=np.arange(count),
    )
    store.delete(ids[2:4])
    store.write(numbers[:1], ids=[100])
    store.search(numbers, k=3)
    store.update([5], numbers[:1])
    store.read([1, 6])
    return store


def contents(store):
    found = store.search([[1.0, 2.0, 3.0], [-1.0, 0.0, 0.5]], k=5)
    read = store.read(list(store))
    return [
        found.ids.tolist(),
        found.scores.tolist(),
        list(store),
        read.vectors.tolist(),
        read.records,
    ]


@pytest.mark.parametrize("memory_map", [True, False])
def test_a_loaded_store_is_the_same(tmp_path, memory_map):
    store = made()
    store.save(tmp_path / "kept")
    loaded = MemoryStore.load(tmp_path / "kept", memory_map)
    assert contents(loaded) == contents(store)
    assert loaded.write([[1.0, 1.0, 1.0]]).tolist() == [101]


@pytest.mark.parametrize(
    "forgetting", [Oldest, LeastRecentlyRead, LeastOftenRead, LeastUseful]
)
def test_a_loaded_store_forgets_the_same(tmp_path, forgetting):
    store = made(forgetting)
    store.save(tmp_path)
    loaded = MemoryStore.load(tmp_path)
    for one in (store, loaded):
        one.search([[1.0, 0.0, 0.0]], k=2)
        one.write(np.ones((7, 3)))
    assert list(loaded) == list(store)
    assert loaded.forgetting == store.forgetting


def test_a_loaded_store_that_is_full_refuses(tmp_path):
    store = made(Refuse)
    store.write(np.ones((3, 3)))
    store.save(tmp_path)
    with pytest.raises(ValueError, match="at most 10"):
        MemoryStore.load(tmp_path).write([[1.0, 1.0, 1.0]])


def test_an_empty_store_is_saved(tmp_path):
    MemoryStore(3, 10, metric="l2").save(tmp_path)
    loaded = MemoryStore.load(tmp_path)
    assert (len(loaded), loaded.capacity, loaded.metric) == (0, 10, "l2")
    assert loaded.write([[1.0, 1.0, 1.0]]).tolist() == [0]


def test_a_new_process_answers_the_same(tmp_path):
    store = made()
    store.save(tmp_path)
    answers = subprocess.run(
        [sys.executable, "-c", _ANSWERS, tmp_path],
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(answers.stdout) == contents(store)


def test_a_store_that_is_written_to_leaves_its_files_alone(tmp_path):
    made().save(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in FILES}
    loaded = MemoryStore.load(tmp_path)
    loaded.update([0], [[9.0, 9.0, 9.0]])
    loaded.delete([1])
    loaded.write(np.ones((5, 3)))
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == before
    assert sorted(os.listdir(tmp_path)) == FILES
    assert contents(MemoryStore.load(tmp_path)) == contents(made())


def test_a_store_is_saved_over_the_files_it_has_mapped(tmp_path):
    made().save(tmp_path / "kept")
    store = MemoryStore.load(tmp_path / "kept")
    store.update([0], [[9.0, 9.0, 9.0]])
    store.save(tmp_path / "kept")
    assert contents(MemoryStore.load(tmp_path / "kept")) == contents(store)
    assert os.listdir(tmp_path) == ["kept"]


def test_slots_never_used_take_no_room_on_the_disk(tmp_path):
    store = MemoryStore(100, 1_000_000)
    store.write(np.ones((5, 100)))
    store.save(tmp_path)
    assert (tmp_path / "vectors.npy").stat().st_blocks * 512 < 1_000_000
    assert len(MemoryStore.load(tmp_path)) == 5


def test_a_full_disk_leaves_the_old(tmp_path):
    old = made()
    old.save(tmp_path / "kept")
    large = MemoryStore(3, 10_000)
    large.write(np.ones((10_000, 3)))
    with pytest.raises(OSError), files_of_at_most(5000):
        large.save(tmp_path / "kept")
    assert contents(MemoryStore.load(tmp_path / "kept")) == contents(old)
    assert os.listdir(tmp_path) == ["kept"]


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named(tmp_path, name):
    made().save(tmp_path)
    whole = bytearray((tmp_path / name).read_bytes())
    used = 128 + 8 * 3 * 4 if name == "vectors.npy" else len(whole)
    for place in np.linspace(0, used - 1, 40).astype(int):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        if flipped.split() == whole.split():
            continue  # white space of the manifest
        (tmp_path / name).write_bytes(flipped)
        with pytest.raises(ValueError, match=f"Expected .*{name}.*Received: "):
            MemoryStore.load(tmp_path)
    for length in (0, 1, len(whole) // 2, len(whole) - 1):
        (tmp_path / name).write_bytes(whole[:length])
        with pytest.raises(ValueError, match=f"Expected .*{name}.*Received: "):
            MemoryStore.load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises((ValueError, FileNotFoundError), match=name):
        MemoryStore.load(tmp_path)


def test_a_later_format_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("memnet_tf.memory_store.saving.VERSION", 2)
    made().save(tmp_path)
    monkeypatch.undo()
    with pytest.raises(ValueError, match="version 1. Received: .*version 2"):
        MemoryStore.load(tmp_path)


def test_a_folder_without_a_store_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="Expected a folder"):
        MemoryStore.load(tmp_path)


def kill_while_saving(folder, moment):
    """Whether the kill met an unfinished save."""
    saver = subprocess.Popen(
        [sys.executable, "-c", _SAVES_FOR_EVER, folder],
        stdout=subprocess.PIPE,
    )
    with saver:
        assert saver.stdout.readline()  # it has begun
        time.sleep(moment)
        saver.send_signal(signal.SIGKILL)
    store = MemoryStore.load(folder)
    vectors = store.read(list(store)).vectors
    assert len(store) == 7
    assert len(np.unique(vectors)) == 1
    return len(os.listdir(pathlib.Path(folder).parent)) > 1


def kills(folder, count):
    made().save(folder)
    moments = random.Random(0)
    return sum(
        kill_while_saving(folder, moments.uniform(0, 0.05))
        for _ in range(count)
    )


def test_a_kill_at_any_moment_leaves_a_whole_store(tmp_path):
    kills(tmp_path / "kept", 4)


@pytest.mark.slow
def test_a_hundred_kills_leave_a_whole_store(tmp_path):
    assert kills(tmp_path / "kept", 100) > 20
