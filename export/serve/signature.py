"""A signature of a model in a Session: what it takes, and a call of it."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2

from export.serve.errors import invalid, of_tensorflow, shown


class Input(NamedTuple):
    """An input of a signature.

    Attributes:
        name: its name.
        dtype: a `tf.DType`.
        shape: a size for each axis, None where any will do; or None where
            the rank is free, too.
    """

    name: str
    dtype: tf.DType
    shape: tuple | None


class Signature:
    """One signature of a SavedModel that a `tf.compat.v1.Session` holds.

    Args:
        session: the session.
        name: the signature's name.
        definition: its `SignatureDef`.
    """

    def __init__(self, session, name, definition):
        self.name = name
        self.inputs = {
            key: Input(key, tf.as_dtype(info.dtype), _shape(info.tensor_shape))
            for key, info in definition.inputs.items()
        }
        self.outputs = sorted(definition.outputs)
        options = config_pb2.CallableOptions(
            feed=[definition.inputs[key].name for key in self.inputs],
            fetch=[definition.outputs[key].name for key in self.outputs],
        )
        # Session.run and Session.make_callable take 0.2 ms more a call.
        self._call = session._make_callable_from_options(options)

    def run(self, inputs):
        """Outputs, a dict of arrays, of inputs that `read` has checked.

        Raises:
            RequestError: the model fails on them.
        """
        try:
            values = self._call(*(inputs[name] for name in self.inputs))
        except tf.errors.OpError as error:
            raise of_tensorflow(error) from None
        return dict(zip(self.outputs, values, strict=True))

    def read(self, given, as_array, limits):
        """The inputs of a request as arrays, checked.

        Args:
            given: a mapping of names to values.
            as_array: function of a value and its `Input` that returns an
                array of the dtype; raises `RequestError`.
            limits: a `Limits`.

        Raises:
            RequestError: the request is not what the signature takes; the
                message names the input.
        """
        unknown = sorted(set(given) - set(self.inputs))
        missing = sorted(set(self.inputs) - set(given))
        if unknown or missing:
            raise invalid(
                f"Expected the inputs {sorted(self.inputs)}. Received "
                f"others: {shown(unknown)}; missing: {missing}"
            )
        arrays = {
            name: as_array(given[name], spec)
            for name, spec in self.inputs.items()
        }
        for name, array in arrays.items():
            _check(array, self.inputs[name], limits)
        counts = {
            name: len(array) for name, array in arrays.items() if array.ndim
        }
        if len(set(counts.values())) > 1:
            raise invalid(
                "Expected inputs with as many rows each. Received: "
                + ", ".join(
                    f"`{name}` {counts[name]}" for name in sorted(counts)
                )
            )
        return arrays

    def wanted(self, names):
        """Outputs that a request asks for: all, where it names none.

        Raises:
            RequestError: there is no such output, or it is named twice.
        """
        names = list(names)
        if len(set(names)) < len(names) or not set(names) <= set(self.outputs):
            raise invalid(
                f"Expected `output_filter` to be of {self.outputs}, each "
                f"once. Received: {shown(names)}"
            )
        return names or self.outputs


def _shape(proto):
    if proto.unknown_rank:
        return None
    return tuple(None if d.size < 0 else d.size for d in proto.dim)


def _check(array, spec, limits):
    name, shape = spec.name, spec.shape
    if shape is not None and (
        array.ndim != len(shape)
        or any(
            size is not None and size != received
            for size, received in zip(shape, array.shape, strict=True)
        )
    ):
        raise invalid(
            f"Expected input `{name}` to have the shape {_text(shape)}. "
            f"Received: {_text(array.shape)}"
        )
    if array.ndim and not 1 <= len(array) <= limits.batch_size:
        raise invalid(
            f"Expected input `{name}` to have 1 to {limits.batch_size} rows. "
            f"Received: {len(array)}"
        )
    if array.size > limits.elements:
        raise invalid(
            f"Expected input `{name}` to have at most {limits.elements} "
            f"values. Received: {array.size}"
        )
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        raise invalid(
            f"Expected input `{name}` to be finite numbers. Received NaN or "
            "infinity"
        )


def _text(shape):
    return "(" + ", ".join("*" if n is None else str(n) for n in shape) + ")"
