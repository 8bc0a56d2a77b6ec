import errno
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

from memnet_tf import files
from memnet_tf.models import MemN2N
from tests.full_disk import files_of_at_most

_WRITES_FOR_EVER = """
import itertools, sys
from memnet_tf import files

kind, path = sys.argv[1:]
for number in itertools.count():
    text = str(number % 10) * 300_000
    with files.replaced(path) as unfinished:
        if kind == "file":
            unfinished.write_text(text)
        else:
            unfinished.mkdir()
            for name in ("one", "other"):
                (unfinished / name).write_text(text)
    print(number, flush=True)
"""


def _write(path, kind, text):
    with files.replaced(path) as unfinished:
        if kind == "file":
            unfinished.write_text(text)
        else:
            unfinished.mkdir()
            (unfinished / "one").write_text(text)
            (unfinished / "other").write_text(text)


def _read(path, kind):
    """The text that was written, every file of it the same."""
    if kind == "file":
        return path.read_text()
    assert sorted(os.listdir(path)) == ["one", "other"]
    assert (path / "one").read_text() == (path / "other").read_text()
    return (path / "one").read_text()


def _folders_can_change_places(folder):
    one, other = folder / "one", folder / "other"
    one.mkdir()
    other.mkdir()
    can = files._exchange(one, other)
    one.rmdir()
    other.rmdir()
    return can


@pytest.fixture(params=["file", "folder"])
def kind(request):
    return request.param


def test_what_was_written_replaces_what_was_there(tmp_path, kind):
    path = tmp_path / "new folder" / "kept.txt"
    for text in ("first", "second"):
        _write(path, kind, text)
        assert _read(path, kind) == text
    assert os.listdir(path.parent) == ["kept.txt"]


def test_an_error_leaves_the_old(tmp_path, kind):
    path = tmp_path / "kept"
    _write(path, kind, "old")
    with pytest.raises(KeyboardInterrupt), files.replaced(path) as unfinished:
        unfinished.write_text("half")
        raise KeyboardInterrupt
    assert _read(path, kind) == "old"
    assert os.listdir(tmp_path) == ["kept"]


def test_a_full_disk_leaves_the_old(tmp_path, kind):
    path = tmp_path / "kept"
    _write(path, kind, "old")
    with pytest.raises(OSError) as caught, files_of_at_most(1000):
        _write(path, kind, "new" * 1000)
    assert caught.value.errno == errno.EFBIG
    assert _read(path, kind) == "old"
    assert os.listdir(tmp_path) == ["kept"]


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    (tmp_path / "kept").write_text("old")
    with pytest.raises(FileNotFoundError), files.replaced(tmp_path / "kept"):
        pass
    assert (tmp_path / "kept").read_text() == "old"


def test_a_file_does_not_replace_a_folder_nor_a_folder_a_file(tmp_path):
    _write(tmp_path / "file", "file", "old")
    _write(tmp_path / "folder", "folder", "old")
    with pytest.raises(OSError):
        _write(tmp_path / "folder", "file", "new")
    with pytest.raises(OSError):
        _write(tmp_path / "file", "folder", "new")
    assert _read(tmp_path / "file", "file") == "old"
    assert _read(tmp_path / "folder", "folder") == "old"


@pytest.mark.parametrize("name", ["a", "locked", "lock", "old", "*[1]"])
def test_any_name_is_replaced(tmp_path, name):
    for text in ("first", "second"):
        _write(tmp_path / name, "folder", text)
    assert _read(tmp_path / name, "folder") == "second"
    assert os.listdir(tmp_path) == [name]


def test_a_link_is_followed(tmp_path, kind):
    _write(tmp_path / "kept", kind, "old")
    (tmp_path / "link").symlink_to("kept")
    _write(tmp_path / "link", kind, "new")
    assert (tmp_path / "link").is_symlink()
    assert _read(tmp_path / "kept", kind) == "new"


def test_an_address_is_handed_on():
    with files.replaced("gs://bucket/model.keras") as unfinished:
        assert unfinished == "gs://bucket/model.keras"


def test_a_kill_at_any_moment_leaves_the_old_or_the_new(tmp_path, kind):
    if kind == "folder" and not _folders_can_change_places(tmp_path):
        pytest.skip("folders cannot change places on this disk")
    path = tmp_path / "kept"
    moments = random.Random(0)
    kills_while_writing = 0
    for _ in range(20):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITES_FOR_EVER, kind, path],
            stdout=subprocess.PIPE,
        )
        with writer:
            assert writer.stdout.readline()  # it has begun
            time.sleep(moments.uniform(0, 0.02))
            writer.send_signal(signal.SIGKILL)
        text = _read(path, kind)
        assert len(text) == 300_000
        assert len(set(text)) == 1
        kills_while_writing += len(os.listdir(tmp_path)) > 1
    assert kills_while_writing > 5
    _write(path, kind, "new")
    left = set(os.listdir(tmp_path)) - {"kept"}
    # A kill before the lock is taken, or after it is gone, may leave a folder
    # that nobody can tell from a live writer's: with nothing written in it.
    for name in left:
        assert set(os.listdir(tmp_path / name)) <= {"lock"}


def test_an_unfinished_write_of_another_is_left_alone(tmp_path):
    path = tmp_path / "kept"
    with files.replaced(path) as unfinished:
        unfinished.write_text("slow")
        _write(path, "file", "fast")
        assert path.read_text() == "fast"
    assert path.read_text() == "slow"
    assert os.listdir(tmp_path) == ["kept"]


def test_folders_are_replaced_where_they_cannot_change_places(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    for text in ("first", "second"):
        _write(tmp_path / "kept", "folder", text)
    assert _read(tmp_path / "kept", "folder") == "second"
    assert os.listdir(tmp_path) == ["kept"]


def test_an_old_folder_put_aside_comes_back(tmp_path, monkeypatch):
    path = tmp_path / "kept"
    _write(path, "folder", "old")
    monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    rename = os.rename

    def fail_at_the_second(source, target):
        if pathlib.Path(target) == path and "new" in str(source):
            raise OSError(errno.EIO, "the disk failed")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail_at_the_second)
    with pytest.raises(OSError, match="the disk failed"):
        _write(path, "folder", "new")
    assert _read(path, "folder") == "old"


def test_an_old_folder_that_a_kill_left_aside_comes_back(tmp_path):
    aside = tmp_path / ".kept.12345678"
    _write(aside / "old", "folder", "old")
    (aside / "locked").touch()
    with (
        pytest.raises(KeyboardInterrupt),
        files.replaced(tmp_path / "kept"),
    ):
        raise KeyboardInterrupt
    assert _read(tmp_path / "kept", "folder") == "old"
    assert os.listdir(tmp_path) == ["kept"]


def test_a_model_is_saved_whole_or_not_at_all(tmp_path):
    network = MemN2N(["john", "garden"], sentence_length=3, units=8)
    path = tmp_path / "model.keras"
    network.save(path)
    old = path.read_bytes()
    with pytest.raises(OSError), files_of_at_most(1000):
        network.save(path)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["model.keras"]


def test_a_model_is_not_saved_over_a_file_that_is_to_stay(tmp_path):
    network = MemN2N(["john", "garden"], sentence_length=3, units=8)
    path = tmp_path / "model.keras"
    network.save(path, overwrite=False)
    old = path.read_bytes()
    with pytest.raises(FileExistsError, match="Expected a new file"):
        network.save(path, overwrite=False)
    assert path.read_bytes() == old
