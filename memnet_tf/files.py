"""Files and folders that are either whole or not there."""

import contextlib
import ctypes
import fcntl
import glob
import os
import pathlib
import shutil
import tempfile

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


@contextlib.contextmanager
def replaced(path):
    """A path to write to; what is written then takes the place of `path`.

    What is written, a file or a folder, is moved to `path` when the block
    ends without an error. Until then, and after an error or a kill, `path`
    holds what it held before. Only where the system cannot exchange two
    folders (Linux can) a kill may fall between two renames and leave no
    folder at `path`; the next write to it puts the old one back first.

    A link is followed. An address such as `gs://` is handed on as it is:
    to write there replaces a file at once.

    Example:

    >>> with replaced("/tmp/numbers.txt") as unfinished:
    ...     _ = unfinished.write_text("1 2 3")
    >>> pathlib.Path("/tmp/numbers.txt").read_text()
    '1 2 3'
    """
    if "://" in os.fspath(path):
        yield path
        return
    path = pathlib.Path(path).resolve()
    with beside(path) as unfinished:
        yield unfinished
        _flush(unfinished)
        _put(unfinished, path)
        _flush_one(path.parent)


@contextlib.contextmanager
def beside(path):
    """A path of the same name in a new, hidden folder beside `path`.

    The folder is removed at the end, or where its writer was killed, by the
    next that writes beside the same path.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    folder = tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent)
    folder = pathlib.Path(folder)
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed, or a kill
            os.rename(folder / "lock", folder / "locked")
            yield folder / path.name
        finally:
            _remove(folder, path)


def _remove_abandoned(path):
    """Removes what killed writers left, known by a lock that is free."""
    pattern = path.with_name(f".{glob.escape(path.name)}.*") / "locked"
    for locked in glob.glob(os.fspath(pattern)):
        with contextlib.suppress(FileNotFoundError), open(locked) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # somebody is writing
            _remove(pathlib.Path(locked).parent, path)


def _remove(folder, path):
    if (folder / "old").exists() and not path.exists():
        os.rename(folder / "old", path)
    shutil.rmtree(folder)


def _put(unfinished, path):
    if not path.is_dir():
        os.replace(unfinished, path)
    elif not unfinished.is_dir():
        raise IsADirectoryError(f"Expected a file, or none, at {path}")
    elif not _exchange(unfinished, path):
        os.rename(path, unfinished.with_name("old"))
        os.rename(unfinished, path)


def _exchange(one, other):
    """Whether two folders could be made to change places at once."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    one, other = os.fsencode(one), os.fsencode(other)
    return not rename(_AT_FDCWD, one, _AT_FDCWD, other, _RENAME_EXCHANGE)


def _flush(path):
    """Waits until what is in `path` is on the disk."""
    for item in path.rglob("*") if path.is_dir() else ():
        _flush_one(item)
    _flush_one(path)


def _flush_one(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
