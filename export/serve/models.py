"""The models of a server, by name."""

import asyncio
import concurrent.futures

import grpc

from export.serve.errors import RequestError, invalid
from export.serve.versions import Versions


class Models:
    """A `Versions` for each model.

    Args:
        folders: a dict of folders of versions by the name of their model.
        limits: a `Limits`.
        metrics: a `Metrics`.
    """

    def __init__(self, folders, limits, metrics):
        self._pool = concurrent.futures.ThreadPoolExecutor(
            limits.threads, "batch"
        )
        self._loader = concurrent.futures.ThreadPoolExecutor(1, "load")
        self._versions = {
            name: Versions(
                name, folder, self._pool, self._loader, limits, metrics
            )
            for name, folder in folders.items()
        }
        metrics.watch(self)

    def __iter__(self):
        return iter(self._versions.values())

    @property
    def ready(self):
        """Whether each model has a version that answers."""
        return all(versions.ready for versions in self)

    def versions(self, name):
        """The `Versions` of a model.

        Raises:
            RequestError: no name, or no such model.
        """
        if not name:
            raise invalid("ModelSpec has no name specified.")
        if name not in self._versions:
            raise RequestError(
                grpc.StatusCode.NOT_FOUND,
                f"Servable not found for request: Latest({name})",
            )
        return self._versions[name]

    def served(self, spec):
        """The version, a `Served`, that a `ModelSpec` asks for.

        Raises:
            RequestError: there is none.
        """
        versions = self.versions(spec.name)
        return versions.served(number_of(spec))

    async def look(self):
        await asyncio.gather(*(versions.look() for versions in self))

    async def watch(self, seconds):
        await asyncio.gather(*(versions.watch(seconds) for versions in self))

    async def close(self):
        await asyncio.gather(*(versions.close() for versions in self))
        self._pool.shutdown()
        self._loader.shutdown()


def number_of(spec):
    """The version a `ModelSpec` names; None where it names none.

    Raises:
        RequestError: it names one by a label. This server has none.
    """
    choice = spec.WhichOneof("version_choice")
    if choice == "version_label":
        raise invalid(
            f"Unrecognized servable version label: {spec.version_label}"
        )
    return spec.version.value if choice == "version" else None
