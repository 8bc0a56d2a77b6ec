"""How much a server takes before it refuses."""

import os
from typing import NamedTuple


class Limits(NamedTuple):
    """Bounds of a server.

    Attributes:
        batch_size: rows in a batch, and in a request.
        batch_timeout_micros: microseconds that requests wait, when no batch
            is running, until they are as many as were asked at once before.
        queue_size: requests of a signature that wait for their batch.
        threads: batches that run at once, each of another signature.
        request_bytes: bytes of a request.
        held_bytes: bytes of all requests that are being read or answered.
        elements: values of an input.
        merged_elements: values of an input of a batch of several requests,
            padded; a longer story runs alone.
        connections: REST clients.
        header_bytes: bytes of a REST request before its body.
        client_seconds: time that a REST client has to send a request, and
            to take its reply.
        idle_seconds: time that a REST connection is kept between requests.
        request_seconds: time that a REST request has to be answered.
        stop_seconds: time that requests in flight have when the server
            stops.
    """

    batch_size: int = 256
    batch_timeout_micros: int = 2000
    queue_size: int = 512
    threads: int = os.cpu_count() or 1
    request_bytes: int = 4 * 2**20
    held_bytes: int = 256 * 2**20
    elements: int = 2**20
    merged_elements: int = 2**16
    connections: int = 512
    header_bytes: int = 16 * 2**10
    client_seconds: float = 10
    idle_seconds: float = 60
    request_seconds: float = 30
    stop_seconds: float = 30
