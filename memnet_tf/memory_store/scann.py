"""ScaNN, imported when a store first needs it.

With it come Keras and TensorFlow, which a store does without otherwise.
"""

import importlib


def library():
    """The module `scann`; an ImportError where it is not installed."""
    return _retrieval().scann_library()


def configured(builder, count):
    """A builder of ScaNN that keeps codes of its rows, not the rows.

    A store compares what is found with its own rows.
    """
    return _retrieval().configured(builder, count)


def _retrieval():
    return importlib.import_module("memnet_tf.layers.retrieval.scann_library")
