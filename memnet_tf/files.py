"""Files and folders that are either whole or not there."""

import contextlib
import ctypes
import fcntl
import glob
import os
import pathlib
import shutil
import tempfile

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h and linux/fs.h


@contextlib.contextmanager
def replaced(path):
    """A path to write to; what is written then takes the place of `path`.

    What is written, a file or a folder, is moved to `path` when the block
    ends without an error. Until then, and after an error or a kill, `path`
    holds what it held before. Two folders change places at once on Linux;
    on other systems a kill may fall between two renames and leave nothing
    at `path`, and the next write to it puts the old folder back first.

    A link is followed. An address such as `gs://` is handed on as it is:
    writing there replaces a file at once.

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


@contextlib.contextmanager
def beside(path):
    """A path of the same name in a hidden folder beside `path`.

    The folder is removed at the end. Where its writer was killed, the next
    writer beside the same path removes it.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    made = tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent)
    folder = pathlib.Path(made)
    try:
        with open(folder / "lock", "w") as lock:
            with contextlib.suppress(OSError):  # a disk without locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            os.rename(folder / "lock", folder / "locked")
            (folder / "new").mkdir()
            yield folder / "new" / path.name
    finally:
        _remove(folder, path)


def _remove_abandoned(path):
    """Removes what killed writers left: a kill frees the lock."""
    pattern = path.with_name(f".{glob.escape(path.name)}.*") / "locked"
    for locked in glob.glob(os.fspath(pattern)):
        with contextlib.suppress(OSError), open(locked, "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(pathlib.Path(locked).parent, path)


def _remove(folder, path):
    """Removes a folder of `beside`, the lock last."""
    if (folder / "old").exists() and not path.exists():
        os.rename(folder / "old", path)
    shutil.rmtree(folder / "new", ignore_errors=True)
    shutil.rmtree(folder / "old", ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _put(unfinished, path):
    if not (path.is_dir() and unfinished.is_dir()):
        os.replace(unfinished, path)
    elif not _exchange(unfinished, path):
        os.rename(path, unfinished.parent.with_name("old"))
        os.rename(unfinished, path)


def _exchange(one, other):
    """Whether two folders could be made to change places at once."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    one, other = os.fsencode(one), os.fsencode(other)
    return not rename(_AT_FDCWD, one, _AT_FDCWD, other, _RENAME_EXCHANGE)


def _flush(path):
    """Waits until the files in `path` are on the disk."""
    for file in (path, *path.rglob("*")):
        if file.is_file():
            with open(file, "rb") as handle:
                os.fsync(handle.fileno())
