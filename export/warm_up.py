"""Requests that a server runs before it serves a version.

The first request of a signature is slow: TensorFlow optimizes its graph then.
TensorFlow Serving runs the requests of
`assets.extra/tf_serving_warmup_requests` first, at most 1,000.
"""

import pathlib

import tensorflow as tf

from export import ways
from export.check import inputs_by_signature
from export.requests import Request, inputs_of, slots_of

PATH = pathlib.Path("assets.extra", "tf_serving_warmup_requests")
BATCHES = (1, 8, 32)
_LONGEST = 1024  # sentences of a story
_MOST_BYTES = 2**20  # of a request


class CannotWriteError(ImportError):
    """The protos of TensorFlow Serving are not installed."""


def write(network, signatures, name, saved_model):
    """Writes requests of the shapes that clients send, by every signature.

    Stories of 1, 2, 4 ... sentences up to the memory's size come alone, and
    the shortest and the longest in batches. What would take more than a
    megabyte is left out.

    Args:
        network: the network.
        signatures: those that were written, as its `export` returns them.
        name: the model's.
        saved_model: the folder of its SavedModel.

    Returns:
        Number of requests.

    Raises:
        CannotWriteError: tensorflow-serving-api is not installed.
    """
    protos = _protos()
    path = pathlib.Path(saved_model) / PATH
    path.parent.mkdir(exist_ok=True)
    count = 0
    with tf.io.TFRecordWriter(str(path)) as file:
        for signature, inputs in _requests(network, signatures):
            request = protos.predict_pb2.PredictRequest()
            request.model_spec.name = name
            request.model_spec.signature_name = signature
            for key, array in inputs.items():
                request.inputs[key].CopyFrom(tf.make_tensor_proto(array))
            if request.ByteSize() <= _MOST_BYTES:
                log = protos.prediction_log_pb2.PredictionLog()
                log.predict_log.request.CopyFrom(request)
                file.write(log.SerializeToString())
                count += 1
    return count


def _protos():
    try:
        import tensorflow_serving.apis.predict_pb2
        import tensorflow_serving.apis.prediction_log_pb2
    except ImportError as error:
        raise CannotWriteError(
            "Expected tensorflow-serving-api: pip install 'memnet_tf[serving]'"
        ) from error
    return tensorflow_serving.apis


def _requests(network, signatures):
    """Pairs of a signature and its inputs, arrays, none of a shape twice."""
    inputs_of_each = inputs_by_signature(signatures)
    met = set()
    with ways.eager(signatures) as run:
        for batch in _batches(network):
            known = inputs_of(batch)
            for name, keys in inputs_of_each.items():
                inputs = {key: known[key] for key in keys}
                shapes = name, *(array.shape for array in inputs.values())
                if name == "encode":
                    known = {**known, **run(name, [inputs])[0]}
                if shapes not in met:
                    met.add(shapes)
                    yield name, inputs


def _batches(network):
    """Lists of `Request`s."""
    words = [word.encode() for word in network.word_ids.vocabulary]
    sentence = b" ".join(words[: network.word_ids.sentence_length])
    most = min(slots_of(network), _LONGEST)
    lengths = [2**n for n in range(most.bit_length())] or [0]
    for length in lengths:
        yield [Request([sentence] * length, sentence)]
    for size in BATCHES[1:]:
        for length in {lengths[0], lengths[-1]}:
            yield [Request([sentence] * length, sentence)] * size
