"""What is tried again, and for how long."""

import pytest

from export.client import errors
from export.client.errors import ServingError, call_until


@pytest.fixture
def waits(monkeypatch):
    """The waits between attempts, which take no time here."""
    clock, waits = [0.0], []

    def sleep(seconds):
        waits.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr(errors.time, "sleep", sleep)
    monkeypatch.setattr(errors.time, "monotonic", lambda: clock[0])
    return waits


def _failing(code, times):
    left = [times]

    def call(seconds):
        if left[0]:
            left[0] -= 1
            raise ServingError(code, "here:1", "no")
        return seconds

    return call


@pytest.mark.parametrize("code", ["UNAVAILABLE", "RESOURCE_EXHAUSTED"])
def test_a_server_that_is_away_or_full_is_asked_again(code, waits):
    left = call_until(10, _failing(code, times=3))
    assert len(waits) == 3
    assert left == pytest.approx(10 - sum(waits))


def test_waits_double_and_are_drawn_at_random(waits):
    with pytest.raises(ServingError):
        call_until(100, _failing("UNAVAILABLE", times=100))
    assert len(waits) == 5
    for attempt, wait in enumerate(waits):
        assert 0.05 * 2**attempt <= wait <= 0.1 * 2**attempt
    assert len({wait / 2**attempt for attempt, wait in enumerate(waits)}) == 5


def test_there_is_no_wait_beyond_the_deadline(waits):
    with pytest.raises(ServingError, match="UNAVAILABLE"):
        call_until(0.2, _failing("UNAVAILABLE", times=100))
    assert sum(waits) < 0.2


@pytest.mark.parametrize(
    "code", ["INVALID_ARGUMENT", "NOT_FOUND", "DEADLINE_EXCEEDED", "INTERNAL"]
)
def test_other_errors_are_final(code, waits):
    with pytest.raises(ServingError) as caught:
        call_until(10, _failing(code, times=1))
    assert caught.value.code == code
    assert waits == []


def test_the_message_says_what_it_means_and_who_said_what():
    error = ServingError("NOT_FOUND", "localhost:8500", "Servable not found")
    assert str(error) == (
        "The server has no such model, version or label (NOT_FOUND). "
        "localhost:8500: Servable not found"
    )
