"""Tensors to a server and back over gRPC."""

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    model_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from export.client.errors import ServingError

_OPTIONS = {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    # The client tries again itself, and looks for a new server soon.
    "grpc.enable_retries": 0,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
}


class GrpcTransport:
    """Calls of a model on a server.

    Args:
        address: `host:port`.
        model: name of the model.
        version: number of a version, or None.
        label: label of a version, or None.
    """

    def __init__(self, address, model, version=None, label=None):
        self._address = address
        self._channel = grpc.insecure_channel(address, list(_OPTIONS.items()))
        self._service = prediction_service_pb2_grpc.PredictionServiceStub(
            self._channel
        )
        self._model = model_pb2.ModelSpec(name=model, version_label=label)
        if version is not None:
            self._model.version.value = version

    def predict(self, signature, inputs, seconds):
        """Outputs of a signature by name, for arrays by name."""
        request = predict_request(self._model, signature, inputs)
        reply = self._call(self._service.Predict, request, seconds)
        return {
            name: _text(tf.make_ndarray(tensor))
            for name, tensor in reply.outputs.items()
        }

    def signatures(self, seconds):
        """Names of inputs by the name of the signature."""
        reply = self._call(
            self._service.GetModelMetadata,
            get_model_metadata_pb2.GetModelMetadataRequest(
                model_spec=self._model, metadata_field=["signature_def"]
            ),
            seconds,
        )
        found = get_model_metadata_pb2.SignatureDefMap()
        reply.metadata["signature_def"].Unpack(found)
        return {
            name: sorted(signature.inputs)
            for name, signature in found.signature_def.items()
        }

    def close(self):
        self._channel.close()

    def _call(self, method, request, seconds):
        try:
            return method(request, timeout=seconds)
        except grpc.RpcError as error:
            raise ServingError(
                error.code().name, self._address, error.details()
            ) from None


def predict_request(model, signature, inputs):
    """A `PredictRequest` to a `ModelSpec`, for arrays by name."""
    request = predict_pb2.PredictRequest(model_spec=model)
    request.model_spec.signature_name = signature
    for name, array in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(array))
    return request


def _text(array):
    if array.dtype.kind != "O":
        return array
    texts = [text.decode(errors="replace") for text in array.ravel()]
    return np.array(texts, object).reshape(array.shape)
