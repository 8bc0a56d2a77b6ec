"""Answers requests where TensorFlow is imported and nothing else is.

Run by `export.check`, which wants to know that a SavedModel needs neither
Keras nor memnet_tf. Takes the folder as its argument, and then libraries of
ops to load before it. A line of stdin is a request as JSON: the signature
and, by the names of its inputs, their shape, type and values; strings are
bytes written as Latin-1. A reply is a line, too.
"""

import json
import sys

import tensorflow as tf


def main():
    folder, *libraries = sys.argv[1:]
    for library in libraries:
        tf.load_op_library(library)
    model = tf.saved_model.load(folder)
    for line in sys.stdin:
        name, inputs = json.loads(line)
        outputs = model.signatures[name](
            **{key: _tensor(*value) for key, value in inputs.items()}
        )
        reply = {key: _values(tensor) for key, tensor in outputs.items()}
        print(json.dumps(reply), flush=True)


def _tensor(shape, kind, values):
    if kind == "string":
        values = [text.encode("latin-1") for text in values]
    return tf.reshape(tf.constant(values, kind), shape)


def _values(tensor):
    values = tf.reshape(tensor, [-1]).numpy().tolist()
    if tensor.dtype == tf.string:
        values = [text.decode("latin-1") for text in values]
    return tensor.shape.as_list(), tensor.dtype.name, values


if __name__ == "__main__":
    main()
