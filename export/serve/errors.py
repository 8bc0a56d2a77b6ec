"""Why a request got no answer, as gRPC and as HTTP say it."""

import grpc

_MOST = 1000  # characters of a message

# As TensorFlow Serving maps them.
HTTP_STATUS = {
    grpc.StatusCode.OK: 200,
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
}  # and 500 for all others
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class RequestError(Exception):
    """A request that gets no answer.

    Attributes:
        code: a `grpc.StatusCode`.
        message: what the client is told.
        http_status: the status of a REST reply.
    """

    def __init__(self, code, message, http_status=None):
        message = message if len(message) <= _MOST else message[:_MOST] + "..."
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status or HTTP_STATUS.get(code, 500)


def invalid(message):
    return RequestError(grpc.StatusCode.INVALID_ARGUMENT, message)


def of_tensorflow(error):
    """A `tf.errors.OpError` as a `RequestError`."""
    code = _CODES.get(error.error_code, grpc.StatusCode.UNKNOWN)
    return RequestError(code, error.message)


def shown(value):
    """A value in a message, at most 80 characters of it."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
