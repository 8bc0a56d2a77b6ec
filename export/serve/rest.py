"""TensorFlow Serving's REST paths, metrics and health."""

import json
import re
import urllib.parse
from typing import NamedTuple

import grpc
from absl import logging
from google.protobuf import json_format
from tensorflow_serving.apis import model_pb2

from export.serve import grpc_service, json_tensors, metrics, predict
from export.serve.errors import RequestError, invalid

_VERSION = r"(?:/versions/(?P<version>[0-9]{1,18})|/labels/(?P<label>[^/:]+))?"
_PREDICT = re.compile(
    rf"/v1/models/(?P<name>[^/:]+){_VERSION}"
    ":(?P<method>predict|classify|regress)",
    re.IGNORECASE,
)
_STATUS = re.compile(
    rf"/v1/models/(?P<name>[^/:]+){_VERSION}(?P<metadata>/metadata)?",
    re.IGNORECASE,
)
_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"


class Reply(NamedTuple):
    """What a client gets: a status, the type of the body, the body."""

    status: int
    content_type: str
    body: bytes


def error_reply(status, message):
    return Reply(status, _JSON, json.dumps({"error": message}).encode())


class Rest:
    """Answers requests that were read whole.

    Args:
        models: a `Models`.
        limits: a `Limits`.
        metrics: a `Metrics`.
    """

    def __init__(self, models, limits, metrics):
        self._models = models
        self._limits = limits
        self._metrics = metrics

    async def answer(self, method, target, body):
        """The `Reply` to a method, a path with its query, and a body."""
        path = target.partition("?")[0]
        if method == "GET" and path == "/healthz":
            return Reply(200, _TEXT, b"alive\n")
        if method == "GET" and path == "/readyz":
            if self._models.ready:
                return Reply(200, _TEXT, b"ready\n")
            return Reply(503, _TEXT, b"a model has no version that answers\n")
        if method == "GET" and path == "/monitoring/prometheus/metrics":
            return Reply(200, metrics.CONTENT_TYPE, self._metrics.text())
        if not path.lower().startswith("/v1/"):
            return error_reply(404, f"Not found: {path}")
        try:
            with self._metrics.request("rest") as record:
                body = await self._of_model(method, path, body, record)
            return Reply(200, _JSON, body)
        except RequestError as error:
            return error_reply(error.http_status, error.message)
        except Exception:
            logging.exception("A request failed")
            return error_reply(500, "Internal error")

    async def _of_model(self, method, path, body, record):
        if method == "POST" and (found := _PREDICT.fullmatch(path)):
            if found["method"].lower() != "predict":
                raise RequestError(
                    grpc.StatusCode.UNIMPLEMENTED,
                    "This is not TensorFlow Serving: of :predict, :classify "
                    "and :regress it has :predict",
                )
            return await self._predict(_spec(found), body, record)
        if method == "GET" and (found := _STATUS.fullmatch(path)):
            spec = _spec(found)
            if found["metadata"]:
                return self._metadata(spec, record)
            message = predict.status(self._models, spec)
            record.model = spec.name
            return json.dumps(_as_dict(message), indent=1).encode()
        raise invalid(f"Malformed request: {method} {path}")

    async def _predict(self, spec, body, record):
        request = json_tensors.PredictRequest(body)
        spec.signature_name = request.signature_name
        _, outputs = await predict.predict(
            self._models,
            self._limits,
            record,
            spec,
            request.values,
            json_tensors.array_of,
            seconds=self._limits.request_seconds,
        )
        return json_tensors.reply(outputs, request.by_row)

    def _metadata(self, spec, record):
        served = self._models.served(spec)
        record.model = spec.name
        signatures = grpc_service.signature_map(served)
        found = model_pb2.ModelSpec(name=spec.name)
        found.version.value = served.number
        metadata = {
            "model_spec": _as_dict(found),
            "metadata": {"signature_def": _as_dict(signatures)},
        }
        return json.dumps(metadata).encode()


def _spec(found):
    """The `ModelSpec` of a path."""
    spec = model_pb2.ModelSpec(name=_decoded(found["name"]))
    if found["version"]:
        spec.version.value = int(found["version"])
    if found["label"]:
        spec.version_label = _decoded(found["label"])
    return spec


def _decoded(text):
    return urllib.parse.unquote(text, errors="replace")


def _as_dict(message):
    return json_format.MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    )
