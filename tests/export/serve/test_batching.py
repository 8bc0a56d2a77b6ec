import grpc
import numpy as np
import pytest
import tensorflow as tf

from export.serve.limits import Limits
from export.serve.server import Server
from tests.export.serve import calls

pytestmark = pytest.mark.serving


@pytest.fixture
def gate(monkeypatch):
    """A function that holds the model back, once the server has started."""
    return lambda: calls.Gate(monkeypatch)


def _server(folder, **limits):
    return Server(
        {"memn2n": folder}, grpc_port=0, rest_port=0, limits=Limits(**limits)
    )


def _predict(stub, story, question, timeout=60):
    request = calls.request_of(calls.question_of(story, question))
    return stub.Predict.future(request, timeout=timeout)


def test_alone_in_a_padded_batch_and_in_a_full_batch_answers_are_equal(
    folder, stories, gate
):
    count = len(stories)
    with (
        _server(folder, batch_size=count) as server,
        calls.prediction(server) as stub,
    ):
        alone = [
            calls.arrays(_predict(stub, *story).result()) for story in stories
        ]
        held = gate()
        first = _predict(stub, *stories[0])
        held.wait_for_call()
        # One is run, and these wait: they make a full batch.
        together = [_predict(stub, *story) for story in stories]
        _wait_until_waiting(server, count)
        held.open()
        first.result()
        together = [calls.arrays(reply.result()) for reply in together]
    assert held.calls == [1, count]
    for one, other in zip(alone, together, strict=True):
        for name, array in one.items():
            assert array.shape == other[name].shape
            if array.dtype == object:
                assert array.tolist() == other[name].tolist()
            else:
                np.testing.assert_allclose(array, other[name], atol=1e-6)


def test_those_that_ask_at_once_are_a_batch_and_one_waits_for_nobody(
    folder, stories, gate
):
    with (
        _server(folder, batch_timeout_micros=10**9) as server,
        calls.prediction(server) as stub,
    ):
        for story in stories[:3]:
            _predict(stub, *story).result()
        held = gate()
        first = _predict(stub, *stories[0])
        held.wait_for_call()
        others = [_predict(stub, *story) for story in stories[:2]]
        _wait_until_waiting(server, 2)
        held.open()
        first.result()
        again = _predict(stub, *stories[0])  # whom the two wait for
        for reply in [*others, again]:
            reply.result()
    assert held.calls == [1, 3]


def test_one_that_fails_fails_alone(tmp_path, gate):
    module = tf.Module()

    def root(x):
        with tf.control_dependencies([tf.debugging.assert_positive(x)]):
            return {"root": tf.sqrt(x)}

    module.serve = tf.function(
        root, input_signature=[tf.TensorSpec([None], tf.float32, "x")]
    )
    tf.saved_model.save(module, str(tmp_path / "1"), module.serve)
    with (
        Server({"m": tmp_path}, "127.0.0.1", 0, 0) as server,
        calls.prediction(server) as stub,
    ):
        held = gate()

        def ask(number):
            request = calls.request_of({"x": np.float32([number])}, "m")
            return stub.Predict.future(request, timeout=60)

        first = ask(1)
        held.wait_for_call()
        replies = [ask(number) for number in (4, -1, 9)]
        _wait_until_waiting(server, 3, "m")
        held.open()
        assert first.exception() is None
        two, none, three = (reply.exception() for reply in replies)
        assert two is None and three is None
        assert none.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert calls.arrays(replies[2].result())["root"] == 3
        _, metrics, _ = calls.rest(
            server, "GET", "/monitoring/prometheus/metrics"
        )
    assert held.calls == [1, 3, 1, 1, 1]
    for line in ("batch_rows_sum{} 4.0", "batch_rows_count{} 2.0"):
        labels = '{model="m",signature="serving_default"}'
        assert line.replace("{}", labels) in metrics


def test_more_than_the_queue_holds_are_refused_at_once(folder, stories, gate):
    with (
        _server(folder, queue_size=3) as server,
        calls.prediction(server) as stub,
    ):
        held = gate()
        first = _predict(stub, *stories[0])
        held.wait_for_call()
        waiting = [_predict(stub, *story) for story in stories[:3]]
        _wait_until_waiting(server, 3)
        error = _predict(stub, *stories[0]).exception()
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert "queue is full" in error.details()
        inputs = {"story": [["john"]], "question": ["who"]}
        status, reply, _ = calls.rest(
            server, "POST", "/v1/models/memn2n:predict", {"inputs": inputs}
        )
        assert status == 503
        assert "queue is full" in reply["error"]
        held.open()
        for reply in [first, *waiting]:
            assert reply.exception() is None


def test_a_request_whose_deadline_passes_is_not_run(folder, stories, gate):
    with (
        _server(folder, queue_size=2, request_seconds=0.2) as server,
        calls.prediction(server) as stub,
    ):
        held = gate()
        first = _predict(stub, *stories[0])
        held.wait_for_call()
        late = _predict(stub, *stories[1], timeout=0.2)
        error = late.exception()
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        gone = _predict(stub, *stories[1])
        _wait_until_waiting(server, 1)
        gone.cancel()
        inputs = {"story": [["john"]], "question": ["who"]}
        status, reply, _ = calls.rest(
            server, "POST", "/v1/models/memn2n:predict", {"inputs": inputs}
        )
        assert status == 504
        assert reply == {"error": "No answer within 0.2 seconds"}
        _wait_until_waiting(server, 0)
        held.open()
        assert first.exception() is None
        assert _predict(stub, *stories[2]).exception() is None
    assert held.calls == [1, 1]


def test_a_long_story_is_not_padded_to(folder, gate):
    with (
        _server(folder, merged_elements=20) as server,
        calls.prediction(server) as stub,
    ):
        held = gate()
        first = _predict(stub, ["john"], "who")
        held.wait_for_call()
        replies = [
            _predict(stub, ["john"] * count, "who") for count in (3, 30, 4, 5)
        ]
        _wait_until_waiting(server, 4)
        held.open()
        for reply in [first, *replies]:
            assert reply.exception() is None
    assert sorted(held.calls) == [1, 1, 3]


def _wait_until_waiting(server, count, model="memn2n"):
    """Until so many requests wait for their batch."""
    line = (
        f'export_serve_queue_length{{model="{model}",'
        f'signature="serving_default"}} {count}.0'
    )
    for _ in range(2000):
        _, text, _ = calls.rest(server, "GET", "/monitoring/prometheus/metrics")
        if line in text:
            return
    raise AssertionError(f"never {count} requests waited")
