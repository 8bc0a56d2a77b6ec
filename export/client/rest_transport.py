"""Tensors to a server and back over REST."""

import collections
import http.client
import json
import urllib.parse

import numpy as np

from export.client.errors import ServingError

# What TensorFlow Serving makes of its status codes (http_server.cc).
_CODES = {
    400: "INVALID_ARGUMENT",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class RestTransport:
    """Calls of a model on a server, by any number of threads.

    Args:
        address: `http://host:port` or `https://host:port`, with a path
            before `/v1` where a proxy has one.
        model: name of the model.
        version: number of a version, or None.
        label: label of a version, or None.
    """

    def __init__(self, address, model, version=None, label=None):
        self._address = address
        url = urllib.parse.urlsplit(address)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError(
                "Expected the address as http://host:port. "
                f"Received: {address!r}"
            )
        self._connection_class = (
            http.client.HTTPSConnection
            if url.scheme == "https"
            else http.client.HTTPConnection
        )
        self._host = url.netloc
        self._path = url.path.rstrip("/") + model_path(model, version, label)
        self._idle = collections.deque()  # connections to use again

    def predict(self, signature, inputs, seconds):
        """Outputs of a signature by name, for arrays by name."""
        body = predict_body(signature, inputs)
        reply = self._call("POST", f"{self._path}:predict", body, seconds)
        return {
            name: _array(values) for name, values in reply["outputs"].items()
        }

    def signatures(self, seconds):
        """Names of inputs by the name of the signature."""
        reply = self._call("GET", f"{self._path}/metadata", None, seconds)
        found = reply["metadata"]["signature_def"]["signature_def"]
        return {
            name: sorted(signature.get("inputs", {}))
            for name, signature in found.items()
        }

    def close(self):
        while self._idle:
            self._idle.pop().close()

    def _call(self, method, path, body, seconds):
        try:
            status, said = self._send(method, path, body, seconds)
        except TimeoutError:
            raise ServingError(
                "DEADLINE_EXCEEDED", self._address, f"{seconds:.1f} s are over"
            ) from None
        except (OSError, http.client.HTTPException) as error:
            raise ServingError(
                "UNAVAILABLE", self._address, repr(error)
            ) from None
        try:
            reply = json.loads(said)
        except ValueError:
            reply = {"error": said.decode(errors="replace")[:500]}
        if status != 200 or "error" in reply:
            raise ServingError(
                _CODES.get(status, f"HTTP {status}"),
                self._address,
                reply.get("error", reply),
            )
        return reply

    def _send(self, method, path, body, seconds):
        try:
            connection = self._idle.pop()
            connection.sock.settimeout(seconds)
        except (IndexError, AttributeError):  # none, or one that was closed
            connection = self._connection_class(self._host, timeout=seconds)
        headers = {"Content-Type": "application/json"}
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            said = response.read()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return response.status, said


def model_path(model, version=None, label=None):
    """The path of a model on a server.

    >>> model_path("memn2n", version=3)
    '/v1/models/memn2n/versions/3'
    """
    path = f"/v1/models/{urllib.parse.quote(model, safe='')}"
    if version is not None:
        return f"{path}/versions/{version}"
    if label is not None:
        return f"{path}/labels/{urllib.parse.quote(label, safe='')}"
    return path


def predict_body(signature, inputs):
    """The body of a request, for arrays by name."""
    return json.dumps(
        {
            "signature_name": signature,
            "inputs": {name: array.tolist() for name, array in inputs.items()},
        }
    ).encode()


def _array(values):
    array = np.array(values)
    if array.dtype.kind == "U":
        return np.array(values, object)
    kinds = {"f": np.float32, "i": np.int32, "b": np.bool_}
    return array.astype(kinds[array.dtype.kind])
