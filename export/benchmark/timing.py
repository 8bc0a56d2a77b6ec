"""Latencies, and what is made of them."""

import math
import threading
import time
from concurrent import futures
from typing import NamedTuple

_WARM_UP = 0.3  # of the time measured


class Measured(NamedTuple):
    """Calls that were made for a while.

    Attributes:
        latencies: seconds of each call.
        calls_per_second: of all clients together.
    """

    latencies: list[float]
    calls_per_second: float


def measure(makes, seconds):
    """Calls again and again, by several clients at once.

    Args:
        makes: for each client a function that returns what it calls; it is
            called in the client's thread.
        seconds: how long to measure.
    """
    ready = threading.Barrier(len(makes))

    def client(make):
        call = make()
        ready.wait()
        _call_for(call, _WARM_UP * seconds)
        latencies = _call_for(call, seconds)
        return latencies, len(latencies) / sum(latencies)

    with futures.ThreadPoolExecutor(len(makes)) as threads:
        clients = list(threads.map(client, makes))
    return together([Measured(*found) for found in clients])


def together(parts):
    """What several clients, or processes of clients, measured at once."""
    return Measured(
        [latency for part in parts for latency in part.latencies],
        sum(part.calls_per_second for part in parts),
    )


def percentile(latencies, percent):
    """The latency in ms that this part of the calls did not exceed.

    >>> percentile([0.001, 0.002, 0.003, 0.004], 50)
    2.0
    """
    place = math.ceil(percent / 100 * len(latencies)) - 1
    return 1000 * sorted(latencies)[place]


def _call_for(call, seconds):
    latencies, now = [], time.perf_counter()
    end = now + seconds
    while now < end:
        call()
        now, started = time.perf_counter(), now
        latencies.append(now - started)
    return latencies
