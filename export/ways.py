"""The ways to run a model: itself, and its SavedModel wherever one runs.

Each is a context that gives a function of the name of a signature and a list
of its inputs, dicts of arrays, which returns a list of outputs, dicts of
arrays, too. A library of ops that a SavedModel needs is loaded before it.
"""

import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import tensorflow as tf

from export import c_program
from memnet_tf.layers.retrieval.scann_library import scann_library


@contextlib.contextmanager
def eager(signatures):
    """The network itself, by a dict of its `Signature`s."""

    def run(name, inputs):
        function = signatures[name].function
        return [
            {
                output: value.numpy()
                for output, value in function(
                    **{key: tf.constant(array) for key, array in one.items()}
                ).items()
            }
            for one in inputs
        ]

    yield run


@contextlib.contextmanager
def session(saved_model):
    """A TF1 Session, which is how TensorFlow Serving runs a SavedModel."""
    with tf.compat.v1.Session(graph=tf.Graph()) as running:
        meta_graph = tf.compat.v1.saved_model.load(
            running, [tf.saved_model.SERVING], str(saved_model)
        )

        def run(name, inputs):
            signature = meta_graph.signature_def[name]
            outputs = {
                key: tensor.name for key, tensor in signature.outputs.items()
            }
            return [
                running.run(
                    outputs,
                    {
                        signature.inputs[key].name: array
                        for key, array in one.items()
                    },
                )
                for one in inputs
            ]

        yield run


@contextlib.contextmanager
def tensorflow_only(saved_model):
    """A process that imports TensorFlow, and neither Keras nor memnet_tf."""
    script = pathlib.Path(__file__).with_name("tensorflow_only.py")
    arguments = [saved_model, *_libraries(saved_model)]
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [sys.executable, "-I", script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):

        def run(name, inputs):
            return [ask(name, one) for one in inputs]

        def ask(name, inputs):
            fed = {key: _as_json(array) for key, array in inputs.items()}
            process.stdin.write(json.dumps([name, fed]) + "\n")
            process.stdin.flush()
            reply = process.stdout.readline()
            if not reply:
                errors.seek(0)
                raise RuntimeError(f"{script.name} failed: {errors.read()}")
            return {
                key: _of_json(*value)
                for key, value in json.loads(reply).items()
            }

        try:
            yield run
        finally:
            process.kill()  # ScaNN's threads may keep it from ending


@contextlib.contextmanager
def in_c(saved_model):
    """The C program, built for it.

    Raises:
        c_program.CannotBuildError: no C program can be built here.
    """
    options = [f"library={path}" for path in _libraries(saved_model)]
    with tempfile.TemporaryDirectory() as folder:
        program = c_program.build(folder)

        def run(name, inputs):
            return c_program.replies(
                program, saved_model, inputs, name, options
            )

        yield run


def _libraries(saved_model):
    """Paths of the libraries of ops that a SavedModel needs."""
    folder = pathlib.Path(saved_model) / "assets.extra"
    if not (folder / "requirements.txt").exists():
        return []
    scann = pathlib.Path(scann_library().__file__).parent
    return [scann / "scann_ops" / "cc" / "_scann_ops.so"]


def _as_json(array):
    """An array's shape, type and values; bytes written as Latin-1."""
    array = np.asarray(array)
    values = array.ravel().tolist()
    if array.dtype == object:
        values = [text.decode("latin-1") for text in values]
    kind = "string" if array.dtype == object else array.dtype.name
    return array.shape, kind, values


def _of_json(shape, kind, values):
    if kind == "string":
        values = [text.encode("latin-1") for text in values]
    return np.array(values, object if kind == "string" else kind).reshape(shape)
