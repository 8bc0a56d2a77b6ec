"""The memory that requests of all clients together may take."""

import contextlib

import grpc

from export.serve.errors import RequestError


class Held:
    """Counts the bytes of requests that are being read or answered.

    Args:
        most: bytes; more are refused.
    """

    def __init__(self, most):
        self._most = most
        self._held = 0

    def take(self, count):
        """Counts some bytes more.

        Raises:
            RequestError: that would be too many.
        """
        if self._held + count > self._most:
            raise RequestError(
                grpc.StatusCode.UNAVAILABLE,
                f"Requests that are being answered have {self._held} of "
                f"{self._most} bytes: try again later",
            )
        self._held += count

    def give_back(self, count):
        self._held -= count

    @contextlib.contextmanager
    def bytes(self, count):
        self.take(count)
        try:
            yield
        finally:
            self.give_back(count)
