"""Files of questions and of replies: JSON, one to a line."""

import json
from concurrent import futures

from export.client.errors import ServingError


def read(lines, one_story):
    """Pairs of a story and a question from lines of JSON.

    Args:
        lines: `{"story": [...], "question": "..."}`; empty lines are left
            out.
        one_story: whether one story was given for all questions, so that
            lines have none. A line without a story asks a network with a
            memory of its own.

    Raises:
        ValueError: a line is not so. The message has its number.
    """
    requests = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            request = json.loads(line)
        except ValueError as error:
            raise ValueError(
                f"Expected JSON in line {number}. Received: {line!r}: {error}"
            ) from None
        allowed = {"question"} if one_story else {"story", "question"}
        if (
            not isinstance(request, dict)
            or "question" not in request
            or set(request) - allowed
        ):
            raise ValueError(
                f"Expected an object of {sorted(allowed)} in line {number}. "
                f"Received: {line!r}"
            )
        requests.append((request.get("story"), request["question"]))
    return requests


def reply_of(ask, request):
    """A reply, or the error that came instead, as a dict for JSON."""
    try:
        reply = ask(*request)
    except (ServingError, ValueError) as error:
        return {"question": request[1], "error": str(error)}
    shown = {
        name: value
        for name, value in reply._asdict().items()
        if value is not None
    }
    for name in ("attention", "ids"):
        if name in shown:
            shown[name] = shown[name].tolist()
    return {"question": request[1], **shown}


def ask_all(ask, requests, in_flight):
    """Replies in the order of the requests, as dicts, as they come.

    Args:
        ask: function of a story and a question that returns a `Reply`.
        requests: pairs of a story and a question.
        in_flight: how many requests may be under way at once.
    """
    with futures.ThreadPoolExecutor(in_flight) as threads:
        yield from threads.map(lambda request: reply_of(ask, request), requests)
