"""How requests of a signature become one batch, and its outputs theirs.

Requests are put together along the first axis. Where another axis differs,
the shorter ones are padded, with "" or with 0, if that changes nothing in
their outputs; which is tried when the model is loaded, not believed. The
trial also tells which axes of the outputs grow with the padding, and so are
cut back.
"""

import math

import numpy as np
import tensorflow as tf

from export.serve.errors import RequestError

_SIZE = 2  # of a free axis in the trial
_PADDING = 3  # added to it
_TOLERANCE = 1e-4  # sums of a larger batch are in another order


class Merging:
    """Merges the inputs of requests, and splits the outputs.

    Attributes:
        grows: of the axes that may be padded, `(input, axis)`, a list of the
            axes of outputs, `(output, axis)`, that grow by as much. The
            first axis is none of them.
    """

    def __init__(self, grows):
        self.grows = grows

    def key(self, inputs):
        """What requests must have in common to be merged."""
        return tuple(
            tuple(
                None if axis == 0 or (name, axis) in self.grows else size
                for axis, size in enumerate(array.shape)
            )
            for name, array in inputs.items()
        )

    def merge(self, requests):
        """One dict of arrays of those of several requests of one `key`."""
        return {
            name: _padded([request[name] for request in requests])
            for name in requests[0]
        }

    def split(self, outputs, requests):
        """The outputs of each of the requests that were merged."""
        longest = {
            (name, axis): max(request[name].shape[axis] for request in requests)
            for name, axis in self.grows
        }
        replies, start = [], 0
        for request in requests:
            stop = start + rows(shapes_of(request))
            reply = {name: array[start:stop] for name, array in outputs.items()}
            for (name, axis), grown in self.grows.items():
                padding = longest[name, axis] - request[name].shape[axis]
                if padding:
                    for output, of_output in grown:
                        reply[output] = _shorter(
                            reply[output], of_output, padding
                        )
            replies.append(reply)
            start = stop
        return replies


def shapes_of(inputs):
    """The shapes of a request's inputs, a dict."""
    return {name: array.shape for name, array in inputs.items()}


def rows(shapes):
    """The rows of inputs of such shapes; 1 where they have none."""
    return next((shape[0] for shape in shapes.values() if shape), 1)


def merged_shapes(shapes, others):
    """The `shapes` of the merged inputs of two requests of one key."""
    return {
        name: (
            shape[0] + others[name][0],
            *map(max, shape[1:], others[name][1:]),
        )
        for name, shape in shapes.items()
    }


def most_elements(shapes):
    """Values of the largest input."""
    return max(map(math.prod, shapes.values()))


def find_merging(signature):
    """The `Merging` of a signature, found by calls of it.

    Args:
        signature: a `Signature`.

    Returns:
        A `Merging`, or None where a batch of two does not give what each
        gives alone, as where the first axis is not a batch.
    """
    if not signature.inputs or any(
        not spec.shape or spec.shape[0] is not None
        for spec in signature.inputs.values()
    ):
        return None
    one = {name: _example(spec) for name, spec in signature.inputs.items()}
    two = {name: np.concatenate([x, x]) for name, x in one.items()}
    try:
        expected = signature.run(one)
        received = signature.run(two)
    except RequestError:
        return None
    for name, array in received.items():
        if not array.shape or len(array) != 2 or not expected[name].shape:
            return None
        if not all(_equal(array[[row]], expected[name]) for row in (0, 1)):
            return None
    grows = {}
    for name, spec in signature.inputs.items():
        for axis, size in enumerate(spec.shape):
            if axis > 0 and size is None:
                grown = _growing(signature, one, expected, name, axis)
                others = [
                    output for found in grows.values() for output in found
                ]
                if grown is not None and not set(grown) & set(others):
                    grows[name, axis] = grown
    return Merging(grows)


def _growing(signature, inputs, expected, name, axis):
    """The axes that grow with a padded axis; None if it cannot be padded."""
    shape = list(inputs[name].shape)
    shape[axis] += _PADDING
    try:
        received = signature.run({**inputs, name: _grown(inputs[name], shape)})
    except RequestError:
        return None
    grown = []
    for output, array in received.items():
        before = expected[output].shape
        if len(before) != array.ndim:
            return None
        for of_output, (old, new) in enumerate(
            zip(before, array.shape, strict=True)
        ):
            if new == old + _PADDING:
                grown.append((output, of_output))
                array = _shorter(array, of_output, _PADDING)
        if not _equal(array, expected[output]):
            return None
    return grown


def _example(spec):
    shape = [1] + [_SIZE if n is None else n for n in spec.shape[1:]]
    value = b"a" if spec.dtype == tf.string else 1
    return np.full(shape, value, spec.dtype.as_numpy_dtype)


def _equal(one, other):
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.dtype.kind in "fc":
        return np.allclose(one, other, _TOLERANCE, _TOLERANCE, equal_nan=True)
    return np.array_equal(one, other)


def _padded(arrays):
    if all(array.shape[1:] == arrays[0].shape[1:] for array in arrays):
        return np.concatenate(arrays)
    longest = np.max([array.shape[1:] for array in arrays], axis=0)
    merged = _grown(arrays[0][:0], [sum(map(len, arrays)), *longest])
    start = 0
    for array in arrays:
        stop = start + len(array)
        merged[(slice(start, stop), *map(slice, array.shape[1:]))] = array
        start = stop
    return merged


def _grown(array, shape):
    """An array with "" or 0 behind its values, up to a shape."""
    grown = np.full(shape, b"" if array.dtype == object else 0, array.dtype)
    grown[tuple(map(slice, array.shape))] = array
    return grown


def _shorter(array, axis, padding):
    index = (slice(None),) * axis
    return array[(*index, slice(array.shape[axis] - padding))]
