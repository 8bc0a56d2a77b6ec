"""Stores in folders: written whole, and checked when they are read.

A folder holds `manifest.json`, with facts of the store and a checksum of
every file; `vectors.npy`, of all slots, those never used a hole in the file;
`slots.npz`, an entry a slot; `records.jsonl`, a line a slot; and in `parts/`
what ScaNN makes of parts of the store.
"""

import hashlib
import importlib.metadata
import json
import pathlib
from typing import Any, NamedTuple

import numpy as np

from memnet_tf import files
from memnet_tf.memory_store import scann
from memnet_tf.memory_store.index import Part

FORMAT = "memnet_tf.MemoryStore"
VERSION = 1
_BYTES = 2**23  # read at once


def save(folder, facts, vectors, state, records, parts):
    """Writes a store to a folder, whole or not at all.

    Args:
        folder: the folder.
        facts: dict of what JSON holds.
        vectors: float32 `(S, d)`, of which the first `facts["used"]` count.
        state: dict of arrays.
        records: list of JSON texts.
        parts: the index's parts.
    """
    with files.replaced(folder) as unfinished:
        unfinished.mkdir()
        checked = _save_vectors(
            unfinished / "vectors.npy", vectors, facts["used"]
        )
        np.savez(unfinished / "slots.npz", **state)
        with open(unfinished / "records.jsonl", "w") as file:
            file.writelines(f"{record}\n" for record in records)
        for number, part in enumerate(parts):
            at = unfinished / "parts" / str(number)
            at.mkdir(parents=True)
            part.searcher.serialize(str(at), relative_path=True)
            np.savez(at / "slots.npz", slots=part.slots, centre=part.centre)
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            **facts,
            "scann": importlib.metadata.version("scann") if parts else None,
            "parts": [
                {"clock": part.clock, "scale": part.scale} for part in parts
            ],
            "files": _described(unfinished, {"vectors.npy": checked}),
        }
        manifest["checksum"] = _of_manifest(manifest)
        (unfinished / "manifest.json").write_text(
            json.dumps(manifest, indent=1)
        )


def _save_vectors(path, vectors, used):
    """Writes slots in use; returns how many bytes of the file count."""
    with open(path, "wb") as file:
        header = {
            "descr": vectors.dtype.str,
            "fortran_order": False,
            "shape": vectors.shape,
        }
        np.lib.format.write_array_header_1_0(file, header)
        start = file.tell()
        file.write(memoryview(vectors[:used]))
        file.truncate(start + vectors.nbytes)
        return start + vectors[:used].nbytes


def _described(folder, checked):
    """Size and checksum of each file, by its name."""
    described = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        size = path.stat().st_size
        first = checked.get(name, size)
        described[name] = {
            "bytes": size,
            "checked": first,
            "sha256": _checksum(path, first),
        }
    return described


def _checksum(path, size):
    """Of the first `size` bytes of a file."""
    checksum = hashlib.sha256()
    with open(path, "rb") as file:
        while size > 0 and (read := file.read(min(size, _BYTES))):
            checksum.update(read)
            size -= len(read)
    return checksum.hexdigest()


def _of_manifest(manifest):
    text = json.dumps(manifest, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class Saved(NamedTuple):
    """What a folder holds; see `save`."""

    folder: pathlib.Path
    facts: dict
    vectors: Any
    state: dict
    records: list

    def parts(self, index):
        """The index's parts; none where this ScaNN did not make them."""
        if index == "exact" or not self.facts["parts"]:
            return []
        try:
            library = scann.library()
        except ImportError:
            return []
        if importlib.metadata.version("scann") != self.facts["scann"]:
            return []
        return [
            self._part(number, library, **facts)
            for number, facts in enumerate(self.facts["parts"])
        ]

    def _part(self, number, library, clock, scale):
        at = self.folder / "parts" / str(number)
        searcher = library.scann_ops_pybind.load_searcher(str(at))
        with np.load(at / "slots.npz") as arrays:
            return Part(
                searcher, arrays["slots"], clock, scale, arrays["centre"]
            )


def load(folder, memory_map):
    """Reads and checks what `save` wrote.

    Raises:
        FileNotFoundError: there is no manifest.
        ValueError: a file is not as it was written.
    """
    folder = pathlib.Path(folder).resolve()
    manifest = _load_manifest(folder / "manifest.json")
    for name, facts in manifest["files"].items():
        _check(folder / name, **facts)
    path = folder / "vectors.npy"
    if memory_map:
        # Copied on writing: the file stays as it is.
        vectors = np.asarray(np.lib.format.open_memmap(path, mode="c"))
    else:
        mapped = np.lib.format.open_memmap(path, mode="r")
        vectors = np.zeros(mapped.shape, "float32")
        vectors[: manifest["used"]] = mapped[: manifest["used"]]
    with np.load(folder / "slots.npz") as arrays:
        state = dict(arrays)
    records = (folder / "records.jsonl").read_text().split("\n")[:-1]
    return Saved(folder, manifest, vectors, state, records)


def _load_manifest(path):
    if not path.exists():
        raise FileNotFoundError(
            f"Expected a folder that a MemoryStore was saved to. Received: "
            f"{path.parent}, without {path.name}"
        )
    try:
        manifest = json.loads(path.read_text())
        checksum = manifest.pop("checksum")
    except (AttributeError, KeyError, TypeError, ValueError):
        manifest, checksum = None, ""
    if manifest is None or _of_manifest(manifest) != checksum:
        raise ValueError(
            f"Expected {path} as it was saved. Received: a damaged file"
        )
    if (manifest["format"], manifest["version"]) != (FORMAT, VERSION):
        raise ValueError(
            f"Expected {path} to be of {FORMAT}, version {VERSION}. "
            f"Received: {manifest['format']}, version {manifest['version']}"
        )
    return manifest


def _check(path, bytes, checked, sha256):
    received = None
    if not path.exists():
        received = "no file"
    elif path.stat().st_size != bytes:
        received = f"{path.stat().st_size} bytes instead of {bytes}"
    elif _checksum(path, checked) != sha256:
        received = "other bytes (the checksum differs)"
    if received:
        raise ValueError(
            f"Expected {path} as it was saved. Received: {received}"
        )
