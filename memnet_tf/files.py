"""Files that are either whole or not there."""

import contextlib
import os
import pathlib
import shutil
import uuid


@contextlib.contextmanager
def replaced(path):
    """A path beside `path` to write to, which then takes its place.

    What is written, a file or a folder, is moved to `path` when the block
    ends without an error. Until then, and after an error or a kill, `path`
    holds what it held before.

    Example:

    >>> with replaced("/tmp/numbers.txt") as unfinished:
    ...     _ = unfinished.write_text("1 2 3")
    >>> pathlib.Path("/tmp/numbers.txt").read_text()
    '1 2 3'
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    stem = f".{path.name}.{uuid.uuid4().hex[:8]}"
    unfinished = path.with_name(stem + path.suffix)
    try:
        yield unfinished
        _flush(unfinished)
        _put(unfinished, path)
    finally:
        _remove(unfinished)


def _put(unfinished, path):
    if not path.is_dir():
        os.replace(unfinished, path)
        return
    old = unfinished.with_name(unfinished.name + ".old")
    os.replace(path, old)  # a folder cannot replace one that is not empty
    os.replace(unfinished, path)
    _remove(old)


def _flush(path):
    """Waits until what is in `path` is on the disk."""
    for file in [path, *path.rglob("*")] if path.is_dir() else [path]:
        if file.is_file():
            with open(file, "rb+") as handle:
                os.fsync(handle.fileno())


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
