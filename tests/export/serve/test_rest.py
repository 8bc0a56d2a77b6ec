import base64

import numpy as np
import pytest

from tests.export.serve import calls

pytestmark = pytest.mark.serving
PREDICT = "/v1/models/memn2n:predict"
STORY = {"story": [["john went", "mary is"]], "question": ["where is mary"]}


def test_columns_in_columns_out(shared_server):
    status, body, headers = calls.rest(
        shared_server, "POST", PREDICT, {"inputs": STORY}
    )
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    assert "not TensorFlow Serving" in headers["Server"]
    assert list(body) == ["outputs"]
    assert np.shape(body["outputs"]["attention"]) == (1, 3, 2)
    assert np.shape(body["outputs"]["answers"]) == (1, 5)


def test_rows_in_rows_out(shared_server):
    row = {"story": STORY["story"][0], "question": STORY["question"][0]}
    status, rows, _ = calls.rest(
        shared_server, "POST", PREDICT, {"instances": [row, row]}
    )
    assert status == 200
    assert len(rows["predictions"]) == 2
    _, columns, _ = calls.rest(
        shared_server, "POST", PREDICT, {"inputs": STORY}
    )
    for name, value in columns["outputs"].items():
        received = rows["predictions"][1][name]
        if isinstance(np.ravel(value)[0], str):
            assert received == value[0]
        else:
            np.testing.assert_allclose(received, value[0], atol=1e-6)


def test_grpc_and_rest_answer_alike(shared_server, stories):
    with calls.prediction(shared_server) as stub:
        for story, question in stories:
            if not story:
                continue
            inputs = {"story": [story], "question": [question]}
            _, body, _ = calls.rest(
                shared_server, "POST", PREDICT, {"inputs": inputs}
            )
            response = stub.Predict(calls.request_of(inputs))
            for name, array in calls.arrays(response).items():
                if array.dtype == object:
                    array = np.char.decode(array.astype("S"))
                    assert body["outputs"][name] == array.tolist()
                else:
                    np.testing.assert_allclose(
                        body["outputs"][name], array, atol=1e-6
                    )


def test_one_input_needs_no_name_and_a_signature_has_one(shared_server):
    story = ["john went", "mary is"]
    expected = None
    for body in (
        {"inputs": {"story": [story]}},
        {"inputs": [story]},
        {"instances": [{"story": story}]},
        {"instances": [story]},
    ):
        body["signature_name"] = "encode"
        status, reply, _ = calls.rest(shared_server, "POST", PREDICT, body)
        assert status == 200, reply
        sentence = (
            reply["outputs"]["sentence"]
            if "outputs" in reply
            else [row["sentence"] for row in reply["predictions"]]
        )
        expected = expected or sentence
        assert sentence == expected


def test_bytes_come_as_base64(shared_server):
    encoded = base64.b64encode("john wént".encode()).decode()
    inputs = {"story": [[{"b64": encoded}]], "question": ["who"]}
    _, body, _ = calls.rest(shared_server, "POST", PREDICT, {"inputs": inputs})
    assert body["outputs"]["support"][0][0] == "john wént"


def test_a_story_of_no_sentence_is_one(shared_server):
    inputs = {"story": [[]], "question": ["who"]}
    _, body, _ = calls.rest(shared_server, "POST", PREDICT, {"inputs": inputs})
    assert body["outputs"]["support"] == [["", "", ""]]
    assert body["outputs"]["attention"] == [[[], [], []]]


def test_status_and_metadata(shared_server):
    for path in ("/v1/models/memn2n", "/v1/models/memn2n/versions/1"):
        status, body, _ = calls.rest(shared_server, "GET", path)
        assert status == 200
        assert body == {
            "model_version_status": [
                {
                    "version": "1",
                    "state": "AVAILABLE",
                    "status": {"error_code": "OK", "error_message": ""},
                }
            ]
        }
        status, body, _ = calls.rest(shared_server, "GET", f"{path}/metadata")
        assert status == 200
        assert body["model_spec"]["name"] == "memn2n"
        assert body["model_spec"]["version"] == "1"
        signatures = body["metadata"]["signature_def"]["signature_def"]
        assert signatures["serving_default"]["inputs"]["story"]["dtype"] == (
            "DT_STRING"
        )


def test_metrics_and_health(shared_server):
    calls.rest(shared_server, "POST", PREDICT, {"inputs": STORY})
    calls.rest(shared_server, "POST", "/v1/models/made_up:predict", {"a": 1})
    path = "/monitoring/prometheus/metrics"
    status, text, headers = calls.rest(shared_server, "GET", path)
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    for line in (
        'export_serve_requests_total{code="OK",model="memn2n",'
        'protocol="rest",signature="serving_default"}',
        'export_serve_queue_length{model="memn2n",signature="encode"} 0.0',
        'export_serve_version{code="OK",model="memn2n",state="AVAILABLE",'
        'version="1"} 1.0',
        "export_serve_request_seconds_bucket",
        "export_serve_batch_rows_bucket",
    ):
        assert line in text
    assert "made_up" not in text
    assert calls.rest(shared_server, "GET", "/healthz")[:2] == (200, "alive\n")
    assert calls.rest(shared_server, "GET", "/readyz")[:2] == (200, "ready\n")


@pytest.mark.parametrize(
    "method, path, body, status, said",
    [
        ("GET", "/", None, 404, "Not found"),
        ("GET", "/v1/models/x", None, 404, "Latest(x)"),
        ("GET", "/v1/models/memn2n/versions/5", None, 404, "version 5"),
        ("GET", "/v1/models/memn2n/labels/a", None, 400, "label: a"),
        ("PUT", "/v1/models/memn2n", b"", 400, "Malformed request: PUT"),
        ("GET", PREDICT, None, 400, "Malformed request"),
        ("POST", "/v1/models/memn2n:classify", b"{}", 501, "not TensorFlow"),
        ("POST", "/v1/models/x:predict", {"inputs": STORY}, 404, "Latest(x)"),
        ("POST", PREDICT, b"", 400, "JSON Parse error"),
        ("POST", PREDICT, b'{"inputs": ', 400, "JSON Parse error"),
        ("POST", PREDICT, b'{"inputs": "\xff"}', 400, "JSON Parse error"),
        ("POST", PREDICT, b"[" * 100_000, 400, "JSON Parse error"),
        ("POST", PREDICT, b"[1]", 400, "Expected a JSON object"),
        ("POST", PREDICT, {}, 400, "'instances' and 'inputs'"),
        ("POST", PREDICT, {"inputs": 1, "instances": 1}, 400, "Expected one"),
        ("POST", PREDICT, {"inputs": [1]}, 400, "'inputs' to be an object"),
        ("POST", PREDICT, {"instances": []}, 400, "one or more"),
        ("POST", PREDICT, {"instances": [1]}, 400, "list of objects"),
        ("POST", PREDICT, {"instances": [{"story": []}, 1]}, 400, "every one"),
        ("POST", PREDICT, {"inputs": {"story": [[]]}}, 400, "['question']"),
        (
            "POST",
            PREDICT,
            {"inputs": STORY, "signature_name": 3},
            400,
            "'signature_name'",
        ),
        (
            "POST",
            PREDICT,
            {"inputs": STORY, "signature_name": "\ud800"},
            400,
            "'signature_name'",
        ),
        (
            "POST",
            PREDICT,
            {"inputs": STORY, "signature_name": "sing"},
            400,
            '"sing" not found',
        ),
    ],
)
def test_errors_have_the_right_status(
    shared_server, method, path, body, status, said
):
    received, reply, _ = calls.rest(shared_server, method, path, body)
    assert received == status
    assert said in reply["error"]


@pytest.mark.parametrize(
    "story",
    [
        "a",
        ["a"],
        [["a"], ["b", "c"]],
        [["a"], "b"],
        [["a", ["b"]]],
        [[1]],
        [[None]],
        [["\ud800"]],
        [[{"b64": "?"}]],
        [[{"b64": 1}]],
        [[{"a": "b"}]],
        [[float("nan")]],
        [[[["a"]]]],
    ],
)
def test_a_wrong_story_is_named(shared_server, story):
    body = {"inputs": {"story": story, "question": ["where"]}}
    status, reply, _ = calls.rest(shared_server, "POST", PREDICT, body)
    assert status == 400
    assert "input `story`" in reply["error"]


def test_numbers_are_checked(shared_server):
    story = {"story": [["john went"]]}
    body = {"inputs": story, "signature_name": "encode"}
    _, reply, _ = calls.rest(shared_server, "POST", PREDICT, body)
    memory = {**reply["outputs"], **story, "question": ["where is john"]}
    body = {"inputs": memory, "signature_name": "respond"}
    assert calls.rest(shared_server, "POST", PREDICT, body)[0] == 200
    for name, wrong in (
        ("slots", float("nan")),
        ("slots", "1"),
        ("slots", True),
        ("time", 1.5),
        ("time", 2**40),
        ("time", 10**400),
        ("mask", 1),
    ):
        right = memory[name]
        memory[name] = np.array(right, object)
        memory[name][(0,) * memory[name].ndim] = wrong
        memory[name] = memory[name].tolist()
        status, reply, _ = calls.rest(shared_server, "POST", PREDICT, body)
        assert status == 400, (name, wrong)
        assert f"input `{name}`" in reply["error"]
        memory[name] = right
