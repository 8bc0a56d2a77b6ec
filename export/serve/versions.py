"""The versions of one model: the newest that loads is the one that answers."""

import asyncio
import os
import pathlib
import re
from typing import NamedTuple

import grpc
import tensorflow as tf
from absl import logging

from export.serve.batching import Batching
from export.serve.errors import RequestError, of_tensorflow
from export.serve.model import Model

_NUMBER = re.compile(r"[0-9]{1,18}")  # of 64 bits, with a sign
_DRAIN_SECONDS = 0.02  # between two looks at whether it is idle


class Status(NamedTuple):
    """Where a version stands, in TensorFlow Serving's words."""

    state: str  # LOADING, AVAILABLE, UNLOADING or END
    code: grpc.StatusCode = grpc.StatusCode.OK
    message: str = ""


class Served(NamedTuple):
    """A version that answers.

    Attributes:
        number: the version.
        model: its `Model`.
        batching: a `Batching` for each of its signatures.
    """

    number: int
    model: Model
    batching: dict[str, Batching]

    @property
    def busy(self):
        return any(queue.busy for queue in self.batching.values())


class Versions:
    """Watches the folder of a model, and loads and unloads its versions.

    A version is a folder whose name is a number and that holds a
    `saved_model.pb`. It is loaded and warmed up beside the one that answers,
    takes over, and the other is unloaded when its last request is answered.
    One that does not load is refused until something in its folder changes.

    Args:
        name: the model's name.
        folder: the folder of versions.
        pool: an executor that runs batches.
        loader: an executor that loads.
        limits: a `Limits`.
        metrics: a `Metrics`.
    """

    def __init__(self, name, folder, pool, loader, limits, metrics):
        self.name = name
        self._folder = pathlib.Path(folder)
        self._pool = pool
        self._loader = loader
        self._limits = limits
        self._metrics = metrics
        self._served = None
        self._looked = False
        self._statuses = {}
        self._refused = {}  # files of a version that did not load
        self._retiring = set()  # tasks

    @property
    def ready(self):
        return self._served is not None

    def statuses(self):
        """`(number, Status)` of versions that are or were loaded."""
        return sorted(self._statuses.items())

    def queue_lengths(self):
        """Requests that wait, by signature."""
        if self._served is None:
            return {}
        queues = self._served.batching.items()
        return {name: queue.waiting for name, queue in queues}

    def served(self, number=None):
        """The version that answers, a `Served`.

        Args:
            number: the only one that will do; None for any.

        Raises:
            RequestError: it is not loaded.
        """
        if not self._looked:
            raise RequestError(
                grpc.StatusCode.UNAVAILABLE, f"{self.name} is being loaded"
            )
        if self._served is None or number not in (None, self._served.number):
            wanted = (
                f"Latest({self.name})"
                if number is None
                else f"Specific({self.name}, {number})"
            )
            raise RequestError(
                grpc.StatusCode.NOT_FOUND,
                f"Servable not found for request: {wanted}",
            )
        return self._served

    async def watch(self, seconds):
        """Looks again and again, so many seconds after the last look."""
        while True:
            await asyncio.sleep(seconds)
            await self.look()

    async def look(self):
        """Loads the newest version, if it does not answer already."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._loader, find_versions, self._folder
        )
        self._forget_all_but(found)
        for number in sorted(found, reverse=True):
            if self._served is not None and number == self._served.number:
                return
            if self._refused.get(number) != found[number]:
                served = await self._load(number, found[number])
                if served is not None:
                    self._take_over(served)
                    break
        self._looked = True

    async def close(self):
        """Unloads what is loaded, when it is idle."""
        if self._served is not None:
            self._retire(self._served)
            self._served = None
        await asyncio.gather(*self._retiring)

    def _forget_all_but(self, found):
        for number, status in list(self._statuses.items()):
            if number not in found and status.state == "END":
                del self._statuses[number]
                self._refused.pop(number, None)

    async def _load(self, number, files):
        logging.info("%s: loading version %d", self.name, number)
        self._statuses[number] = Status("LOADING")
        loop = asyncio.get_running_loop()
        try:
            model = await loop.run_in_executor(
                self._loader, Model, files.path, self._limits
            )
        except Exception as error:  # of any kind: what is there is not ours
            self._refused[number] = files
            self._statuses[number] = Status("END", *_said(error))
            logging.error(
                "%s: version %d is refused: %s", self.name, number, error
            )
            return None
        batching = {
            name: Batching(
                signature,
                model.merging[name],
                self._pool,
                self._limits,
                self._metrics.batch_rows(self.name, name),
            )
            for name, signature in model.signatures.items()
        }
        return Served(number, model, batching)

    def _take_over(self, served):
        before, self._served = self._served, served
        self._statuses[served.number] = Status("AVAILABLE")
        logging.info("%s: version %d answers", self.name, served.number)
        if before is not None:
            self._retire(before)

    def _retire(self, served):
        task = asyncio.ensure_future(self._unload(served))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _unload(self, served):
        self._statuses[served.number] = Status("UNLOADING")
        while served.busy:
            await asyncio.sleep(_DRAIN_SECONDS)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._loader, served.model.close)
        self._statuses[served.number] = Status("END")
        logging.info("%s: version %d is unloaded", self.name, served.number)


class Files(NamedTuple):
    """A version's folder, and what would tell that it changed."""

    path: pathlib.Path
    stamps: frozenset


def find_versions(folder):
    """The versions in a folder: a dict of `Files` by number."""
    found = {}
    try:
        for entry in os.scandir(folder):
            path = pathlib.Path(entry.path)
            is_number = _NUMBER.fullmatch(path.name)
            if is_number and (path / "saved_model.pb").is_file():
                found[int(path.name)] = Files(path, _stamps(path))
    except OSError as error:  # taken away meanwhile: the next look will tell
        logging.warning("Cannot read %s: %s", folder, error)
    return found


def _stamps(folder):
    stats = [(path, path.stat()) for path in folder.rglob("*")]
    return frozenset((str(p), s.st_mtime_ns, s.st_size) for p, s in stats)


def _said(error):
    if isinstance(error, tf.errors.OpError):
        error = of_tensorflow(error)
        return error.code, error.message
    return grpc.StatusCode.INVALID_ARGUMENT, str(error)
