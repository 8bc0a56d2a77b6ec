"""The server: models, a gRPC port and a REST port, in one thread."""

import asyncio
import concurrent.futures
import pathlib
import threading

import grpc
from absl import logging

from export.serve import grpc_service
from export.serve.held import Held
from export.serve.http import Connection
from export.serve.limits import Limits
from export.serve.metrics import Metrics
from export.serve.models import Models
from export.serve.rest import Rest

_LAST_CALLS_SECONDS = 0.2  # for what clients sent before they knew
_KEEPALIVE_MS = 30_000  # between two asks whether a gRPC client is there


class Server:
    """Serves models while its `with` block runs, and then stops gracefully.

    Args:
        models: a dict of folders of versions by the name of their model.
        host: the address to listen at, `0.0.0.0` for all there are.
        grpc_port: the port of gRPC, 0 for one that is free.
        rest_port: the port of REST, 0 for one that is free.
        poll_seconds: time between two looks for new versions.
        limits: a `Limits`.

    Attributes:
        grpc_port: the port of gRPC.
        rest_port: the port of REST.

    Raises:
        ValueError: a model has no folder.
        OSError, RuntimeError: on entry; a port is taken.

    Example:

        with Server({"memn2n": "models/memn2n"}, rest_port=0) as server:
            print(server.rest_port)
    """

    def __init__(
        self,
        models,
        host="127.0.0.1",
        grpc_port=8500,
        rest_port=8501,
        poll_seconds=1.0,
        limits=Limits(),  # noqa: B008, it cannot change
    ):
        for name, folder in models.items():
            if not pathlib.Path(folder).is_dir():
                raise ValueError(
                    f"Expected a folder of versions for the model {name!r}. "
                    f"Received: {folder}"
                )
        self.grpc_port = grpc_port
        self.rest_port = rest_port
        self._folders = models
        self._host = host
        self._poll_seconds = poll_seconds
        self._limits = limits
        self._started = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, name="serve")

    def __enter__(self):
        self._thread.start()
        try:
            self._started.result()
        except BaseException:
            self._thread.join()
            raise
        return self

    def __exit__(self, *error):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self):
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _serve(self):
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        metrics, held = Metrics(), Held(self._limits.held_bytes)
        models = Models(self._folders, self._limits, metrics)
        connections = set()
        rest = Rest(models, self._limits, metrics)
        listener = await self._loop.create_server(
            lambda: Connection(rest.answer, self._limits, held, connections),
            self._host,
            self.rest_port,
        )
        self.rest_port = listener.sockets[0].getsockname()[1]
        rpc, calls = self._rpc_server(), grpc_service.Calls()
        rpc.add_generic_rpc_handlers(
            grpc_service.handlers(calls, models, self._limits, metrics, held)
        )
        try:
            self.grpc_port = rpc.add_insecure_port(self._address())
            await rpc.start()
            await models.look()
            watching = asyncio.ensure_future(models.watch(self._poll_seconds))
            self._started.set_result(None)
            await self._stop.wait()
            watching.cancel()
            logging.info("Stopping: requests in flight are answered")
        finally:
            listener.close()
            await asyncio.gather(
                self._stop_rpc(rpc, calls), self._close(connections)
            )
            await models.close()

    def _rpc_server(self):
        return grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", self._limits.request_bytes),
                ("grpc.max_send_message_length", -1),
                ("grpc.so_reuseport", 0),  # a port that is taken is an error
                ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
            ],
            maximum_concurrent_rpcs=2 * self._limits.queue_size,
        )

    def _address(self):
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{self.grpc_port}"

    async def _stop_rpc(self, rpc, calls):
        calls.refused = True
        await self._until(lambda: not calls.active)
        await asyncio.sleep(_LAST_CALLS_SECONDS)
        await rpc.stop(grace=0)

    async def _close(self, connections):
        for connection in list(connections):
            connection.close_when_answered()
        await self._until(lambda: not connections)
        for connection in list(connections):
            connection.abort()

    async def _until(self, done):
        """Waits until something is done, or the time to stop is over."""
        stop = self._loop.time() + self._limits.stop_seconds
        while not done() and self._loop.time() < stop:
            await asyncio.sleep(0.01)
