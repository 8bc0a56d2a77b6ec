"""TensorProtos and arrays.

By hand: `tf.make_tensor_proto` and `tf.make_ndarray` take several times as
long, and trust the client.
"""

import math

import numpy as np
import tensorflow as tf

from export.serve.errors import invalid

# Where a TensorProto keeps the values of a type.
_FIELDS = {
    tf.float32: "float_val",
    tf.float64: "double_val",
    tf.int8: "int_val",
    tf.int16: "int_val",
    tf.int32: "int_val",
    tf.uint8: "int_val",
    tf.uint16: "int_val",
    tf.int64: "int64_val",
    tf.uint32: "uint32_val",
    tf.uint64: "uint64_val",
    tf.bool: "bool_val",
    tf.string: "string_val",
}


def array_of(proto, spec, most):
    """A `TensorProto` as an array for an `Input`.

    Args:
        proto: the tensor, its values in the field of its type or, but for
            strings, in `tensor_content`. As in TensorFlow the last value
            stands for those that are missing.
        spec: the `Input`.
        most: values that it may have.

    Raises:
        RequestError: it is of another type, or has not as many values as
            its shape says.
    """
    name, dtype = spec.name, spec.dtype
    if proto.dtype != dtype.as_datatype_enum:
        raise invalid(
            f"Expected input `{name}` to be {dtype.name}. Received: "
            f"{_type_name(proto.dtype)}"
        )
    if dtype not in _FIELDS:
        raise invalid(f"Input `{name}` is {dtype.name}: not supported")
    shape = [axis.size for axis in proto.tensor_shape.dim]
    if proto.tensor_shape.unknown_rank or any(size < 0 for size in shape):
        raise invalid(f"Expected the whole shape of input `{name}`")
    count = math.prod(shape)
    if count > most or len(shape) > 32:  # numpy has at most 64 axes
        raise invalid(
            f"Expected input `{name}` to have at most {most} values. "
            f"Received the shape {tuple(shape[:32])}"
        )
    numpy_type = np.dtype(dtype.as_numpy_dtype)
    if proto.tensor_content:
        size = count * numpy_type.itemsize
        if dtype == tf.string or len(proto.tensor_content) != size:
            raise invalid(
                f"Expected `tensor_content` of input `{name}` to be {count} "
                f"{dtype.name} values, and strings in `string_val`. Received: "
                f"{len(proto.tensor_content)} bytes"
            )
        return np.frombuffer(proto.tensor_content, numpy_type).reshape(shape)
    values = getattr(proto, _FIELDS[dtype])
    if len(values) > count or (count and not values):
        raise invalid(
            f"Expected input `{name}` to have {count} values, as its shape "
            f"says. Received: {len(values)}"
        )
    try:
        array = np.fromiter(values, numpy_type, len(values))
    except OverflowError:
        raise invalid(
            f"Expected input `{name}` to be of {dtype.name}. Received a "
            "number out of its range"
        ) from None
    if len(values) < count:
        last = np.full(count - len(values), array[-1], numpy_type)
        array = np.concatenate([array, last])
    return array.reshape(shape)


def fill(proto, array):
    """Puts an array into an empty `TensorProto`."""
    dtype = tf.as_dtype(array.dtype)
    proto.dtype = dtype.as_datatype_enum
    for size in array.shape:
        proto.tensor_shape.dim.add().size = size
    getattr(proto, _FIELDS[dtype]).extend(array.ravel().tolist())


def _type_name(number):
    try:
        return tf.as_dtype(number).name
    except TypeError:
        return f"type {number}"
