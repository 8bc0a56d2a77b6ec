"""JSON of a predict request and of its reply, as TensorFlow Serving has it.

https://www.tensorflow.org/tfx/serving/api_rest states the shapes.
"""

import base64
import binascii
import json

import numpy as np
import tensorflow as tf

from export.serve.errors import invalid, shown

_DEEPEST = 32  # lists within lists


class PredictRequest:
    """The body of a predict request.

    Attributes:
        signature_name: the name, "" where the request says none.
        by_row: whether it has `instances`, not `inputs`.

    Args:
        body: bytes.

    Raises:
        RequestError: it is not JSON, or not such a request.
    """

    def __init__(self, body):
        try:
            request = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise invalid(f"JSON Parse error: {error}") from None
        if not isinstance(request, dict):
            raise invalid(f"Expected a JSON object. Received: {shown(request)}")
        name = request.get("signature_name", "")
        if not (isinstance(name, str) and _is_unicode(name)):
            raise invalid(
                "Expected 'signature_name' to be a string. Received: "
                + shown(name)
            )
        given = [key for key in ("instances", "inputs") if key in request]
        if len(given) != 1:
            raise invalid(
                "Expected one of the keys 'instances' and 'inputs'. "
                f"Received: {given}"
            )
        self.signature_name = name
        self.by_row = given == ["instances"]
        self._values = request[given[0]]

    def values(self, names):
        """Values by the names of a signature's inputs, for `array_of`."""
        if self.by_row:
            return self._columns(names)
        values = self._values
        if _is_object(values):
            return values
        return {_only(names, "'inputs' to be an object"): values}

    def _columns(self, names):
        rows = self._values
        if not isinstance(rows, list) or not rows:
            raise invalid(
                "Expected 'instances' to be a list of one or more. Received: "
                + shown(rows)
            )
        if not _is_object(rows[0]):
            return {_only(names, "'instances' to be a list of objects"): rows}
        keys = set(rows[0])
        for row in rows:
            if not _is_object(row) or set(row) != keys:
                raise invalid(
                    "Expected every one of 'instances' to be an object with "
                    f"the keys {sorted(names)}. Received: {shown(row)}"
                )
        return {key: [row[key] for row in rows] for key in keys}


def array_of(value, spec, most):
    """A JSON value, lists in lists, as an array for an `Input`.

    Args:
        value: the value; strings as such, or as `{"b64": ...}`.
        spec: the `Input`.
        most: values that it may have.

    Raises:
        RequestError: something is of another type, or rows differ in
            length.
    """
    shape, level = [], [value]
    while level and isinstance(level[0], list):
        size = len(level[0])
        if not all(isinstance(part, list) for part in level):
            raise _ragged(spec)
        if any(len(part) != size for part in level):
            raise _ragged(spec)
        shape.append(size)
        if len(shape) > _DEEPEST or size * len(level) > most:
            raise invalid(
                f"Expected input `{spec.name}` to have at most {most} values "
                f"in at most {_DEEPEST} axes"
            )
        level = [part for parts in level for part in parts]
    if spec.shape is not None and len(shape) < len(spec.shape) and not level:
        shape += [0] * (len(spec.shape) - len(shape))  # [] of any rank
    return _leaves(level, spec).reshape(shape)


def reply(outputs, by_row):
    """Outputs, a dict of arrays, as the bytes of a reply.

    Raises:
        RequestError: rows are asked for, and the outputs have not as many.
    """
    lists = {name: _listed(name, array) for name, array in outputs.items()}
    if not by_row:
        value = lists if len(lists) > 1 else next(iter(lists.values()))
        return json.dumps({"outputs": value}).encode()
    if len({array.shape[:1] for array in outputs.values()} - {()}) != 1 or (
        any(array.ndim == 0 for array in outputs.values())
    ):
        raise invalid(
            "Expected 'inputs' for a signature whose outputs have not as many "
            "rows each. Received: 'instances'"
        )
    rows = list(zip(*lists.values(), strict=True))
    value = (
        [dict(zip(lists, row, strict=True)) for row in rows]
        if len(lists) > 1
        else [row[0] for row in rows]
    )
    return json.dumps({"predictions": value}).encode()


def _is_unicode(text):
    """Whether UTF-8 can write a text: JSON has surrogates without pair."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _only(names, expected):
    if len(names) != 1:
        raise invalid(f"Expected {expected} with the keys {sorted(names)}")
    return next(iter(names))


def _is_object(value):
    return isinstance(value, dict) and not _is_base64(value)


def _is_base64(value):
    return isinstance(value, dict) and set(value) == {"b64"}


def _ragged(spec):
    return invalid(
        f"Expected the lists of input `{spec.name}` to be of equal length and "
        'depth. Pad shorter ones with ""'
    )


def _leaves(values, spec):
    dtype = spec.dtype
    numpy_type = np.dtype(dtype.as_numpy_dtype)
    if dtype == tf.string:
        values = [_bytes(value, spec) for value in values]
        return np.fromiter(values, object, len(values))
    if not (dtype.is_bool or dtype.is_integer or dtype.is_floating):
        raise invalid(f"Input `{spec.name}` is {dtype.name}: not supported")
    for value in values:
        kind = type(value)  # not isinstance: a bool is an int, too
        if not (
            (kind is bool and dtype.is_bool)
            or (kind is int and not dtype.is_bool)
            or (kind is float and dtype.is_floating)
        ):
            raise _wrong_type(value, spec)
    try:
        return np.array(values, numpy_type)
    except OverflowError:
        raise invalid(
            f"Expected input `{spec.name}` to be of {dtype.name}. Received a "
            "number out of its range"
        ) from None


def _bytes(value, spec):
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError:
            raise _wrong_type(value, spec) from None
    if _is_base64(value) and isinstance(value["b64"], str):
        try:
            return base64.b64decode(value["b64"], validate=True)
        except (binascii.Error, ValueError):
            raise invalid(
                f"Expected 'b64' of input `{spec.name}` to be Base64. "
                f"Received: {shown(value['b64'])}"
            ) from None
    raise _wrong_type(value, spec)


def _wrong_type(value, spec):
    return invalid(
        f"Expected input `{spec.name}` to be {spec.dtype.name} in "
        f"{'any' if spec.shape is None else len(spec.shape)} axes. Received: "
        + shown(value)
    )


def _listed(name, array):
    if array.dtype != object:
        return array.tolist()
    binary = name.endswith("_bytes")  # as TensorFlow Serving tells them
    return _texts(array.tolist(), binary)


def _texts(value, binary):
    if isinstance(value, list):
        return [_texts(part, binary) for part in value]
    if binary:
        return {"b64": base64.b64encode(value).decode()}
    return value.decode(errors="replace")
