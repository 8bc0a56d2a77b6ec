"""Serves SavedModels over gRPC and REST. This is not TensorFlow Serving.

It has TensorFlow Serving's gRPC services (Predict, GetModelMetadata,
GetModelStatus), REST paths and JSON, runs a model in a Session as it does,
batches requests and watches the folder for new versions; it is one process of
Python, for a laptop, for tests and for places without containers. It knows no
TLS, no labels and no users. To serve many, take TensorFlow Serving.

Command, ready in about five seconds; it runs until SIGTERM or Ctrl-C, answers
what is in flight, and ends with exit code 0:

    python -m export.serve --model=memn2n=models/memn2n

Expect a line that says which version answers, and then replies:

    curl localhost:8501/v1/models/memn2n:predict -d '{"inputs":
        {"story": [["John went to the garden"]], "question": ["Where is he?"]}}'

Also GET /v1/models/memn2n (state of the versions), .../metadata (signatures),
/monitoring/prometheus/metrics, /healthz (it runs) and /readyz (each model has
a version that answers).
"""

import gc
import os
import signal
import threading

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow

from absl import app, flags, logging

from export.serve.limits import Limits
from export.serve.server import Server

_DEFAULT = Limits()
_MODEL = flags.DEFINE_multi_string(
    "model", None, "NAME=FOLDER of versions 1, 2 ...; may be repeated."
)
_HOST = flags.DEFINE_string(
    "host", "127.0.0.1", "The address to listen at; 0.0.0.0 for all."
)
_GRPC_PORT = flags.DEFINE_integer("grpc_port", 8500, "Port of gRPC; 0: any.")
_REST_PORT = flags.DEFINE_integer("rest_port", 8501, "Port of REST; 0: any.")
_POLL_SECONDS = flags.DEFINE_float(
    "poll_seconds", 1.0, "Time between looks for new versions.", 0.01
)
_BATCH_SIZE = flags.DEFINE_integer(
    "batch_size", _DEFAULT.batch_size, "Most rows of a batch.", 1
)
_BATCH_TIMEOUT_MICROS = flags.DEFINE_integer(
    "batch_timeout_micros",
    _DEFAULT.batch_timeout_micros,
    "Microseconds that requests wait until they are as many as before.",
    0,
)
_QUEUE_SIZE = flags.DEFINE_integer(
    "queue_size", _DEFAULT.queue_size, "Requests that may wait.", 1
)
_REQUEST_BYTES = flags.DEFINE_integer(
    "request_bytes", _DEFAULT.request_bytes, "Most bytes of a request.", 1
)
_STOP_SECONDS = flags.DEFINE_float(
    "stop_seconds", _DEFAULT.stop_seconds, "Time that requests in flight have."
)


def main(argv):
    logging.set_verbosity(logging.INFO)
    stop = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *received: stop.set())
    server = Server(
        dict(_name_and_folder(model) for model in _MODEL.value),
        host=_HOST.value,
        grpc_port=_GRPC_PORT.value,
        rest_port=_REST_PORT.value,
        poll_seconds=_POLL_SECONDS.value,
        limits=Limits(
            batch_size=_BATCH_SIZE.value,
            batch_timeout_micros=_BATCH_TIMEOUT_MICROS.value,
            queue_size=_QUEUE_SIZE.value,
            request_bytes=_REQUEST_BYTES.value,
            stop_seconds=_STOP_SECONDS.value,
        ),
    )
    # Else a collection, while requests wait, looks at all of TensorFlow.
    gc.freeze()
    with server:
        print(
            f"Serving gRPC at {_HOST.value}:{server.grpc_port} and REST at "
            f"{_HOST.value}:{server.rest_port}. "
            "This is not TensorFlow Serving.",
            flush=True,
        )
        stop.wait()


def _name_and_folder(model):
    name, equals, folder = model.partition("=")
    if not (name and equals and folder):
        raise app.UsageError(
            f"Expected --model=NAME=FOLDER. Received: --model={model}"
        )
    return name, folder


if __name__ == "__main__":
    flags.mark_flag_as_required("model")
    app.run(main)
