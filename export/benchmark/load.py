"""Clients of a server, in a process of their own.

Run by `export.benchmark.served`. Reads an order, JSON, from stdin and writes
what was measured to stdout. A request is bytes made beforehand and a reply is
bytes that are not looked into: what is measured is the server and the way to
it. Imports nothing that takes long.
"""

import base64
import functools
import http.client
import json
import sys

from export.benchmark.timing import measure

PREDICT = "/tensorflow.serving.PredictionService/Predict"
_TIMEOUT = 60  # seconds


def _grpc(address, method, body):
    """A function that calls a method over a connection of its own."""
    import grpc

    options = {
        "grpc.max_receive_message_length": -1,
        "grpc.use_local_subchannel_pool": 1,
    }
    channel = grpc.insecure_channel(address, list(options.items()))
    return functools.partial(
        channel.unary_unary(method), body, timeout=_TIMEOUT
    )


def _rest(address, path, body):
    connection = http.client.HTTPConnection(address, timeout=_TIMEOUT)

    def call():
        connection.request("POST", path, body)
        response = connection.getresponse()
        said = response.read()
        if response.status != 200:
            raise RuntimeError(f"{response.status}: {said[:500]!r}")

    return call


def main():
    order = json.load(sys.stdin)
    connect = {"grpc": _grpc, "rest": _rest}[order["way"]]
    body = base64.b64decode(order["body"])
    make = functools.partial(connect, order["address"], order["path"], body)
    measured = measure([make] * order["clients"], order["seconds"])
    json.dump(measured, sys.stdout)


if __name__ == "__main__":
    main()
