"""The model card of a SavedModel: JSON in `assets.extra/model_card.json`."""

import json
import pathlib
import platform

import keras
import tensorflow as tf

import memnet_tf
from export.c_program import signatures

PATH = pathlib.Path("assets.extra", "model_card.json")
_LONG = 20  # items of a list that is left out


def model_card(name, source, saved_model, flavour=None):
    """What whoever serves or asks a model wants to know of it, a dict.

    Args:
        name: the model's.
        source: its `source.Source`.
        saved_model: the folder of its SavedModel.
        flavour: the `flavours.Flavour` of the memory inside, or None.

    Returns:
        A dict that JSON can hold. What is not known of the network is None
        and its name is in `absent`.
    """
    network = source.network
    given = {
        "trained_on": source.trained_on,
        "figures": source.figures,
        "licence": source.licence,
    }
    return {
        "name": name,
        "model": type(network).__name__,
        "config": _short(network.get_config()),
        **given,
        "absent": [key for key, value in given.items() if value is None],
        "signatures": {
            key: {
                "inputs": _tensors(signature.inputs),
                "outputs": _tensors(signature.outputs),
            }
            for key, signature in sorted(signatures(saved_model).items())
        },
        "vocabulary_size": network.word_ids.vocabulary_size,
        "parameters": network.count_params(),
        "versions": {
            "memnet_tf": memnet_tf.__version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "python": platform.python_version(),
        },
        "memory": None if flavour is None else flavour._asdict(),
        "needs": (
            "TensorFlow alone, such as the stock TensorFlow Serving"
            if flavour is None
            else flavour.needs
        ),
    }


def write(card, saved_model):
    """Writes a card into the folder of a SavedModel."""
    path = pathlib.Path(saved_model) / PATH
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(card, indent=1) + "\n")


def _short(config):
    """A config without long lists, such as the vocabulary; parts by name."""
    return {
        key: value["class_name"] if _is_part(value) else value
        for key, value in config.items()
        if not (isinstance(value, list) and len(value) > _LONG)
        and key != "vocabulary"
        and (_is_part(value) or not isinstance(value, dict))
    }


def _is_part(value):
    return isinstance(value, dict) and "class_name" in value


def _tensors(tensors):
    """Names, types and shapes; None is any size."""
    return {
        name: {
            "dtype": tf.dtypes.as_dtype(tensor.dtype).name,
            "shape": tf.TensorShape(tensor.tensor_shape).as_list(),
        }
        for name, tensor in sorted(tensors.items())
    }
