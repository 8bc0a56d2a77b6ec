"""TensorFlow Serving's gRPC services.

Handlers take and give bytes: a request that is no protocol buffer is then an
INVALID_ARGUMENT of ours, and not an error inside gRPC.
"""

import grpc
from absl import logging
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
)

from export.serve import predict, proto_tensors
from export.serve.errors import RequestError, invalid

_PREDICTION = "tensorflow.serving.PredictionService"
_MODEL = "tensorflow.serving.ModelService"
_SIGNATURES = "signature_def"  # the one field of metadata there is
_UNIMPLEMENTED = {
    _PREDICTION: ("Classify", "Regress", "MultiInference"),
    _MODEL: ("HandleReloadConfigRequest",),
}


class Calls:
    """The RPCs of a server.

    Attributes:
        active: how many are being answered.
        refused: whether those that come are refused, as the server stops.
            gRPC itself would cut off what is on its way when it stops.
    """

    def __init__(self):
        self.active = 0
        self.refused = False


def handlers(calls, models, limits, metrics, held):
    """Handlers of both services, for `grpc.aio.Server`.

    Args:
        calls: the `Calls` to count in.
        models: a `Models`.
        limits: a `Limits`.
        metrics: a `Metrics`.
        held: the server's `Held`.
    """
    services = {
        _PREDICTION: {
            "Predict": _predict(models, limits),
            "GetModelMetadata": _metadata(models),
        },
        _MODEL: {"GetModelStatus": _status(models)},
    }
    for service, names in _UNIMPLEMENTED.items():
        services[service].update({name: _unimplemented for name in names})
    return [
        grpc.method_handlers_generic_handler(
            service,
            {
                name: grpc.unary_unary_rpc_method_handler(
                    _answered(handle, calls, metrics, held)
                )
                for name, handle in methods.items()
            },
        )
        for service, methods in services.items()
    ]


def _answered(handle, calls, metrics, held):
    async def answer(data, context):
        if calls.refused:
            await context.abort(
                grpc.StatusCode.UNAVAILABLE, "The server is stopping"
            )
        calls.active += 1
        try:
            with metrics.request("grpc") as record, held.bytes(len(data)):
                return await handle(data, record)
        except RequestError as error:
            await context.abort(error.code, error.message)
        except Exception:
            logging.exception("A request failed")
            await context.abort(grpc.StatusCode.INTERNAL, "Internal error")
        finally:
            calls.active -= 1

    return answer


def _predict(models, limits):
    async def handle(data, record):
        request = _parsed(predict_pb2.PredictRequest, data)
        spec = request.model_spec
        served, outputs = await predict.predict(
            models,
            limits,
            record,
            spec,
            lambda names: request.inputs,
            proto_tensors.array_of,
            request.output_filter,
        )
        response = predict_pb2.PredictResponse()
        response.model_spec.name = spec.name
        response.model_spec.signature_name = record.signature
        response.model_spec.version.value = served.number
        for name, array in outputs.items():
            proto_tensors.fill(response.outputs[name], array)
        return response.SerializeToString()

    return handle


def _metadata(models):
    async def handle(data, record):
        request = _parsed(get_model_metadata_pb2.GetModelMetadataRequest, data)
        if list(request.metadata_field) != [_SIGNATURES]:
            raise invalid(
                f"Expected `metadata_field` to be ['{_SIGNATURES}']. "
                f"Received: {list(request.metadata_field)[:5]}"
            )
        served = models.served(request.model_spec)
        record.model = request.model_spec.name
        return metadata(record.model, served).SerializeToString()

    return handle


def metadata(name, served):
    """The `GetModelMetadataResponse` of a model."""
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    response.model_spec.name = name
    response.model_spec.version.value = served.number
    response.metadata[_SIGNATURES].Pack(signature_map(served))
    return response


def signature_map(served):
    """All signatures of a version, a `SignatureDefMap`."""
    signatures = get_model_metadata_pb2.SignatureDefMap()
    for name, definition in served.model.definitions.items():
        signatures.signature_def[name].CopyFrom(definition)
    return signatures


def _status(models):
    async def handle(data, record):
        request = _parsed(get_model_status_pb2.GetModelStatusRequest, data)
        response = predict.status(models, request.model_spec)
        record.model = request.model_spec.name
        return response.SerializeToString()

    return handle


async def _unimplemented(data, record):
    raise RequestError(
        grpc.StatusCode.UNIMPLEMENTED,
        "This is not TensorFlow Serving: it has Predict, GetModelMetadata and "
        "GetModelStatus",
    )


def _parsed(message, data):
    try:
        return message.FromString(data)
    except DecodeError as error:
        raise invalid(
            f"Expected a {message.DESCRIPTOR.name}. Received: {error}"
        ) from None
