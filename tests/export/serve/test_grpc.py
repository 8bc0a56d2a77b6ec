import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    regression_pb2,
)

from tests.export.serve import calls

pytestmark = pytest.mark.serving


@pytest.fixture
def stub(shared_server):
    with calls.prediction(shared_server) as stub:
        yield stub


def _refused(call, request):
    with pytest.raises(grpc.RpcError) as error:
        call(request, timeout=60)
    return error.value.code(), error.value.details()


def test_answers_are_the_networks(network_and_folder, stub, stories):
    network, _ = network_and_folder
    for story, question in stories:
        request = calls.request_of(calls.question_of(story, question))
        response = stub.Predict(request)
        assert response.model_spec.name == "memn2n"
        assert response.model_spec.version.value == 1
        assert response.model_spec.signature_name == "serving_default"
        outputs = calls.arrays(response)
        answer = network.answer(story, question)
        assert outputs["answer"].tolist() == [answer.text.encode()]
        assert outputs["attention"].shape == (1, 3, len(story))
        np.testing.assert_allclose(
            outputs["attention"][0], answer.addresses, atol=1e-5
        )


def test_the_outputs_asked_for_are_returned(stub, stories):
    request = calls.request_of(calls.question_of(*stories[0]))
    request.output_filter.extend(["score", "answer"])
    assert set(stub.Predict(request).outputs) == {"score", "answer"}
    request.output_filter.append("nonsense")
    code, details = _refused(stub.Predict, request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "nonsense" in details


def test_numbers_may_be_bytes_and_the_last_value_may_stand_for_more(stub):
    encoded = stub.Predict(
        calls.request_of({"story": [["john is"]]}, signature="encode")
    )
    inputs = calls.arrays(encoded)
    inputs |= {"story": [[b"john is"]], "question": [b"where is john"]}
    request = calls.request_of(inputs, signature="respond")
    assert request.inputs["slots"].tensor_content
    expected = calls.arrays(stub.Predict(request))
    mask = request.inputs["mask"]
    mask.ClearField("bool_val")
    mask.bool_val.extend([True, False])  # and False for the rest
    response = calls.arrays(stub.Predict(request))
    for name, array in expected.items():
        np.testing.assert_array_equal(response[name], array)


def test_metadata_holds_the_signatures(stub):
    request = get_model_metadata_pb2.GetModelMetadataRequest()
    request.model_spec.name = "memn2n"
    request.metadata_field.append("signature_def")
    response = stub.GetModelMetadata(request)
    assert response.model_spec.version.value == 1
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    serve = signatures.signature_def["serving_default"]
    assert set(serve.inputs) == {"story", "question"}
    request.metadata_field.append("other")
    code, _ = _refused(stub.GetModelMetadata, request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT


def test_status_tells_the_state_of_the_version(shared_server):
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "memn2n"
    with calls.model_service(shared_server) as stub:
        (status,) = stub.GetModelStatus(request).model_version_status
        assert status.version == 1
        assert status.state == status.AVAILABLE
        assert status.status.error_code == 0
        request.model_spec.version.value = 7
        code, details = _refused(stub.GetModelStatus, request)
        assert code is grpc.StatusCode.NOT_FOUND
        assert details == "Could not find version 7 of model memn2n"
        code, _ = _refused(
            stub.HandleReloadConfigRequest,
            model_management_pb2.ReloadConfigRequest(),
        )
        assert code is grpc.StatusCode.UNIMPLEMENTED


def test_what_it_does_not_have_is_unimplemented(stub):
    for call, request in (
        (stub.Classify, classification_pb2.ClassificationRequest()),
        (stub.Regress, regression_pb2.RegressionRequest()),
        (stub.MultiInference, inference_pb2.MultiInferenceRequest()),
    ):
        assert _refused(call, request)[0] is grpc.StatusCode.UNIMPLEMENTED


def test_an_unknown_model_version_label_or_signature_is_refused(stub):
    request = calls.request_of(calls.question_of(["john"], "who"), "nobody")
    assert _refused(stub.Predict, request) == (
        grpc.StatusCode.NOT_FOUND,
        "Servable not found for request: Latest(nobody)",
    )
    request.model_spec.name = "memn2n"
    request.model_spec.version.value = 9
    assert _refused(stub.Predict, request) == (
        grpc.StatusCode.NOT_FOUND,
        "Servable not found for request: Specific(memn2n, 9)",
    )
    request.model_spec.version_label = "stable"
    assert _refused(stub.Predict, request) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "Unrecognized servable version label: stable",
    )
    request.model_spec.ClearField("version_label")
    request.model_spec.signature_name = "sing"
    code, details = _refused(stub.Predict, request)
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert details.startswith('Serving signature key "sing" not found')


@pytest.mark.parametrize(
    "inputs, named",
    [
        ({"story": [["a"]]}, "missing: ['question']"),
        ({"story": [["a"]], "question": ["b"], "x": [1]}, "['x']"),
        ({"story": [[1]], "question": ["b"]}, "`story` to be string"),
        ({"story": ["a"], "question": ["b"]}, "`story` to have the shape"),
        ({"story": [["a"]], "question": [["b"]]}, "`question` to have the sh"),
        ({"story": [["a"]] * 2, "question": ["b"]}, "`question` 1, `story` 2"),
        ({"story": [["a"]] * 300, "question": ["b"] * 300}, "1 to 256 rows"),
        (
            {"story": np.zeros((0, 1), "S"), "question": np.zeros(0, "S")},
            "1 to 256 rows",
        ),
    ],
)
def test_wrong_inputs_are_named(stub, inputs, named):
    code, details = _refused(stub.Predict, calls.request_of(inputs))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert named in details


def test_a_shape_that_is_not_that_of_the_values_is_refused(stub):
    request = calls.request_of(calls.question_of(["a", "b"], "c"))
    for sizes, named in (
        ((1, 1), "to have 1 values"),
        ((1 << 40, 1 << 40), "at most 1048576 values"),
        ((1, -1), "whole shape of input `story`"),
    ):
        del request.inputs["story"].tensor_shape.dim[:]
        for size in sizes:
            request.inputs["story"].tensor_shape.dim.add().size = size
        code, details = _refused(stub.Predict, request)
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert named in details
    request.inputs["story"].dtype = 999
    assert "Received: type 999" in _refused(stub.Predict, request)[1]


def test_numbers_that_are_not_finite_are_refused(stub):
    encoded = stub.Predict(
        calls.request_of({"story": [["john is"]]}, signature="encode")
    )
    inputs = calls.arrays(encoded)
    inputs |= {"story": [[b"john is"]], "question": [b"where is john"]}
    inputs["slots"][0, 0] = np.nan
    request = calls.request_of(inputs, signature="respond")
    code, details = _refused(stub.Predict, request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "`slots` to be finite" in details


def test_bytes_that_are_no_request_are_refused(shared_server, stories):
    with calls.channel(shared_server) as opened:
        predict = opened.unary_unary(
            "/tensorflow.serving.PredictionService/Predict"
        )
        whole = calls.request_of(calls.question_of(*stories[0]))
        whole = whole.SerializeToString()
        for data in (b"\xff\xff\xff", whole[:-3], b"\x0a\x02\x0a\xff"):
            code, details = _refused(predict, data)
            assert code is grpc.StatusCode.INVALID_ARGUMENT
            assert details.startswith("Expected a PredictRequest")


def test_a_request_above_the_limit_is_refused_and_others_are_not(stub, stories):
    large = calls.request_of(calls.question_of(["a" * 5_000_000], "b"))
    code, _ = _refused(stub.Predict, large)
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    stub.Predict(calls.request_of(calls.question_of(*stories[0])))


def test_any_bytes_are_text(stub):
    request = calls.request_of(calls.question_of([b"\xff\xfe"], b"\x80"))
    support = calls.arrays(stub.Predict(request))["support"]
    assert support.dtype == tf.string.as_numpy_dtype
