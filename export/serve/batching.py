"""Requests of one signature, run together as they come.

While a batch runs, those that come wait. When it ends, they also wait, no
longer than a timeout, until they are as many as were in the batch and waited
behind it: the clients who were answered ask again. So one client waits for
nobody, and the more clients, the larger the batches.
"""

import asyncio
import collections
from typing import NamedTuple

import grpc

from export.serve.errors import RequestError
from export.serve.merging import (
    merged_shapes,
    most_elements,
    rows,
    shapes_of,
)


class _Waiting(NamedTuple):
    inputs: dict
    reply: asyncio.Future
    key: tuple | None  # None: goes with no other


class Batching:
    """The queue of one signature of one version. Of one event loop.

    Args:
        signature: a `Signature`.
        merging: its `Merging`, or None to run each request alone.
        pool: an executor that runs batches.
        limits: a `Limits`.
        batch_rows: the histogram that rows of batches are counted in.

    Attributes:
        waiting: requests whose batch has not begun.
    """

    def __init__(self, signature, merging, pool, limits, batch_rows):
        self._signature = signature
        self._merging = merging
        self._pool = pool
        self._limits = limits
        self._batch_rows = batch_rows
        self._waiting = collections.deque()
        self._running = False
        self._timer = None
        self._expected = 1  # requests of the next batch

    @property
    def waiting(self):
        return sum(not one.reply.done() for one in self._waiting)

    @property
    def busy(self):
        """Whether a request waits or runs."""
        return self._running or bool(self._waiting)

    def submit(self, inputs):
        """The outputs of a request, as a future.

        To cancel the future drops the request where it has not run yet.

        Args:
            inputs: a dict of arrays that `Signature.read` has checked.

        Raises:
            RequestError: the queue is full.
        """
        if len(self._waiting) >= self._limits.queue_size:
            self._drop_cancelled()
        if len(self._waiting) >= self._limits.queue_size:
            raise RequestError(
                grpc.StatusCode.UNAVAILABLE,
                f"{self._limits.queue_size} requests wait already: the queue "
                "is full",
            )
        loop = asyncio.get_running_loop()
        reply = loop.create_future()
        key = self._merging and self._merging.key(inputs)
        self._waiting.append(_Waiting(inputs, reply, key))
        if not self._running:
            self._start_when_due()
        return reply

    def _start_when_due(self):
        if len(self._waiting) >= self._expected:
            self._start()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(
                self._limits.batch_timeout_micros / 1e6, self._start
            )

    def _start(self):
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch = self._take()
        if not batch:
            return
        self._running = True
        self._batch_rows.observe(
            sum(rows(shapes_of(one.inputs)) for one in batch)
        )
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(
            self._pool, self._run, [one.inputs for one in batch]
        )
        running.add_done_callback(lambda done: self._finish(batch, done))

    def _take(self):
        """The oldest request, and those behind it that go with it."""
        self._drop_cancelled()
        if not self._waiting:
            return []
        batch = [self._waiting.popleft()]
        shapes, left = shapes_of(batch[0].inputs), collections.deque()
        while (
            self._waiting
            and batch[0].key is not None
            and rows(shapes) < self._limits.batch_size
        ):
            one = self._waiting.popleft()
            if one.key == batch[0].key and self._small(
                merged := merged_shapes(shapes, shapes_of(one.inputs))
            ):
                batch.append(one)
                shapes = merged
            else:
                left.append(one)
        left.extend(self._waiting)
        self._waiting = left
        return batch

    def _small(self, shapes):
        return (
            rows(shapes) <= self._limits.batch_size
            and most_elements(shapes) <= self._limits.merged_elements
        )

    def _run(self, requests):
        """Outputs, or a `RequestError`, of each request. In a thread."""
        if len(requests) == 1:
            return [self._run_alone(requests[0])]
        try:
            outputs = self._signature.run(self._merging.merge(requests))
        except RequestError:  # only those that it is due to are to fail
            return [self._run_alone(request) for request in requests]
        return self._merging.split(outputs, requests)

    def _run_alone(self, request):
        try:
            return self._signature.run(request)
        except RequestError as error:
            return error

    def _finish(self, batch, running):
        self._running = False
        self._expected = min(
            len(batch) + len(self._waiting), self._limits.batch_size
        )
        error = running.exception()
        replies = [error] * len(batch) if error else running.result()
        for one, reply in zip(batch, replies, strict=True):
            if one.reply.done():  # its client is gone
                continue
            if isinstance(reply, Exception):
                one.reply.set_exception(reply)
            else:
                one.reply.set_result(reply)
        if self._waiting:
            self._start_when_due()

    def _drop_cancelled(self):
        self._waiting = collections.deque(
            one for one in self._waiting if not one.reply.done()
        )
