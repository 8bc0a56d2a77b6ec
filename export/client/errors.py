"""What may go wrong between a client and a server, and what is tried again."""

import random
import time

_RETRIED = ("UNAVAILABLE", "RESOURCE_EXHAUSTED")
_ATTEMPTS = 6
_FIRST_WAIT = 0.1  # seconds; doubles after every attempt
_MEANINGS = {
    "UNAVAILABLE": "There is no server, or it takes no more requests",
    "RESOURCE_EXHAUSTED": "The server is full, or the request is too large",
    "NOT_FOUND": "The server has no such model, version or label",
    "INVALID_ARGUMENT": "The server does not take this request",
    "FAILED_PRECONDITION": "The model does not have what was asked for",
    "DEADLINE_EXCEEDED": "No reply within the deadline",
}


class ServingError(Exception):
    """A server gave no reply. The message says who, why and what it said.

    Attributes:
        code: the name of gRPC's status code, such as `"NOT_FOUND"`; over
            REST, that which TensorFlow Serving turns into the HTTP status.
    """

    def __init__(self, code, address, said):
        meaning = _MEANINGS.get(code, "The request failed")
        super().__init__(f"{meaning} ({code}). {address}: {said}")
        self.code = code


def call_until(deadline, call):
    """Calls `call(seconds left)`, again where a server may soon reply.

    That is where there is no server or it is full. The wait before another
    attempt doubles and is drawn at random, so that clients that were refused
    at once do not come back at once.

    Args:
        deadline: seconds that everything may take.
        call: function of the seconds left.

    Raises:
        ServingError: it failed for another reason, at the last attempt, or
            the deadline leaves no time for another.
    """
    end = time.monotonic() + deadline
    for attempt in range(_ATTEMPTS):
        try:
            return call(end - time.monotonic())
        except ServingError as error:
            wait = _FIRST_WAIT * 2**attempt * random.uniform(0.5, 1)
            last = attempt == _ATTEMPTS - 1
            late = time.monotonic() + wait >= end
            if error.code not in _RETRIED or last or late:
                raise
        time.sleep(wait)
