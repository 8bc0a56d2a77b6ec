"""A server in a process of its own, and clients in others."""

import base64
import contextlib
import json
import os
import re
import subprocess
import sys
from typing import NamedTuple

from export.benchmark import load
from export.benchmark.timing import Measured, together
from export.client import rest_transport

_PROCESSES = 2  # of clients, where there are several


class Target(NamedTuple):
    """A model on a server.

    Attributes:
        name: the model's.
        addresses: `host:port` by way, `grpc` and `rest`; None where it has
            none.
    """

    name: str
    addresses: dict[str, str | None]


@contextlib.contextmanager
def serving(models, *flags):
    """The addresses by way of an `export.serve` that runs meanwhile.

    Args:
        models: folders of versions by name.
        *flags: further flags of the command.
    """
    command = [sys.executable, "-m", "export.serve", *flags]
    command += [f"--model={name}={folder}" for name, folder in models.items()]
    command += ["--grpc_port=0", "--rest_port=0"]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    with (
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        ) as server,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(server.terminate)
        line = server.stdout.readline()
        found = re.search(r"gRPC at (\S+) and REST at (\S+?)\. ", line)
        if found is None:
            raise RuntimeError(f"The server did not start: {line!r}")
        yield {"grpc": found[1], "rest": found[2]}


def measure(target, way, inputs, clients, seconds):
    """Calls of `serving_default`, by clients in processes of their own.

    Args:
        target: a `Target`.
        way: `grpc` or `rest`.
        inputs: a dict of arrays of strings.
        clients: how many, each with a connection of its own.
        seconds: how long.
    """
    if way == "grpc":
        path, body = load.PREDICT, _message(target.name, inputs)
    else:
        path = f"{rest_transport.model_path(target.name)}:predict"
        body = rest_transport.predict_body("serving_default", inputs)
    processes = min(clients, _PROCESSES)
    order = {
        "way": way,
        "address": target.addresses[way],
        "path": path,
        "body": base64.b64encode(body).decode(),
        "clients": clients // processes,
        "seconds": seconds,
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-m", load.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(processes)
    ]
    for process in started:
        process.stdin.write(json.dumps(order).encode())
        process.stdin.close()
        process.stdin = None
    return together([_read(process) for process in started])


def _read(process):
    printed, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(f"A client failed: {errors.decode()[-2000:]}")
    return Measured(*json.loads(printed))


def _message(name, inputs):
    # Imports TensorFlow's messages, which only the driver needs.
    from tensorflow_serving.apis import model_pb2

    from export.client.grpc_transport import predict_request

    model = model_pb2.ModelSpec(name=name)
    return predict_request(model, "serving_default", inputs).SerializeToString()
