"""A SavedModel in a Session, which is how TensorFlow Serving runs one."""

import itertools
import pathlib

import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from export.serve import proto_tensors
from export.serve.errors import RequestError
from export.serve.merging import find_merging
from export.serve.op_library import load_op_library
from export.serve.signature import Signature

_WARM_UP = pathlib.Path("assets.extra", "tf_serving_warmup_requests")
_MOST_WARM_UPS = 1000  # as in TensorFlow Serving
_INITIALISER = "__saved_model_init_op"  # not to be called by a client


class Model:
    """A loaded SavedModel, warmed up.

    Attributes:
        signatures: a dict of `Signature`s by name.
        merging: for each of them, how its requests are merged.
        definitions: a dict of all its `SignatureDef`s.

    Args:
        folder: the SavedModel.
        limits: a `Limits`.

    Raises:
        ImportError: it needs a library of ops that is not installed.
        Exception: of whatever kind TensorFlow raises; the folder is not a
            SavedModel that can be served.
    """

    def __init__(self, folder, limits):
        self._session = tf.compat.v1.Session(graph=tf.Graph())
        try:
            self._load(folder, limits)
        except BaseException:
            self.close()
            raise

    def _load(self, folder, limits):
        load_op_library(folder)
        with self._session.graph.as_default():
            meta_graph = tf.compat.v1.saved_model.load(
                self._session, [tf.saved_model.SERVING], str(folder)
            )
        self.definitions = dict(meta_graph.signature_def)
        self.signatures = {
            name: Signature(self._session, name, definition)
            for name, definition in self.definitions.items()
            if name != _INITIALISER
        }
        self._warm_up(pathlib.Path(folder) / _WARM_UP, limits)
        self.merging = {
            name: find_merging(signature)
            for name, signature in self.signatures.items()
        }

    def _warm_up(self, path, limits):
        """Runs the requests that came with the model, so that it can."""
        if not path.exists():
            return
        records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
        for record in itertools.islice(records, _MOST_WARM_UPS):
            log = prediction_log_pb2.PredictionLog.FromString(record)
            request = log.predict_log.request
            name = request.model_spec.signature_name or "serving_default"
            try:
                if name not in self.signatures:
                    raise ValueError(f"there is no signature {name!r}")
                signature = self.signatures[name]
                signature.run(
                    signature.read(
                        request.inputs,
                        lambda value, spec: proto_tensors.array_of(
                            value, spec, limits.elements
                        ),
                        limits,
                    )
                )
            except (RequestError, ValueError) as error:
                raise ValueError(
                    f"Expected warm-up requests that the model answers: {error}"
                ) from error

    def close(self):
        self._session.close()
