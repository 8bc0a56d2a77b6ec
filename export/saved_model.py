"""Exports a trained network as a SavedModel that takes and returns text.

Command, half a minute, most of which the checks take (--nocheck):

    python -m export.saved_model --model=model.keras --output_dir=models/memn2n

or, from a network that comes with the library,

    python -m export.saved_model --preset=memn2n_simulated_world \
        --output_dir=models/memn2n

Expect a new folder `models/memn2n/1` (then 2, 3 ...; a version there is never
overwritten) with a model card and warm-up requests, a line for each way in
which every signature gave the same replies as the network, and a request to
try on a server.
"""

import inspect
import json
import pathlib

import tensorflow as tf
from absl import app, flags, logging

from export import (
    c_program,
    check,
    model_card,
    requests,
    source,
    versions,
    warm_up,
)
from memnet_tf import presets
from memnet_tf.layers.retrieval import flavours

_MODEL = flags.DEFINE_string(
    "model",
    None,
    "The network: a .keras file, or a folder of an experiment's trainings, "
    "of which the best on validation is taken.",
)
_PRESET = flags.DEFINE_enum(
    "preset", None, presets.names(), "The network: one of the library's."
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "The folder of versions; its name is the model's."
)
_FLAVOUR = flags.DEFINE_enum(
    "flavour",
    None,
    flavours.FLAVOURS,
    "How a long-lived memory is searched; chosen by its size if not given.",
)
_CHECK = flags.DEFINE_bool(
    "check",
    True,
    "Compare with the network: in a Session, without Keras and in C.",
)
_REQUESTS = 100  # random ones whose replies are compared


def main(argv):
    logging.set_verbosity(logging.ERROR)
    tf.get_logger().setLevel("ERROR")
    found = _source()
    network = found.network
    output_dir = pathlib.Path(_OUTPUT_DIR.value or "").resolve()

    def complete(folder, exported):
        signatures, flavour = exported
        card = model_card.model_card(output_dir.name, found, folder, flavour)
        model_card.write(card, folder)
        if flavour is not None:
            print(f"Memory: {flavour.name}. Needs {flavour.needs}.")
        try:
            count = warm_up.write(network, signatures, output_dir.name, folder)
            print(f"Warm-up: {count} requests")
        except warm_up.CannotWriteError as error:
            print(f"Warm-up: not written. {error}")
        if _CHECK.value:
            compared = requests.random_requests(network, _REQUESTS)
            compared += found.examples
            for line in check.check(signatures, folder, compared):
                print(line)

    options = {"flavour": _FLAVOUR.value} if _FLAVOUR.value else {}
    folder = versions.write_version(network, output_dir, complete, **options)
    print(f"Wrote {folder}. A request to it on TensorFlow Serving:")
    known = {
        "story": [["John went to the garden", "Mary went to the office"]],
        "question": ["Where is John?"],
    }
    takes = c_program.signature(folder, "serving_default").inputs
    inputs = {name: known[name] for name in known if name in takes}
    print(
        f"curl http://localhost:8501/v1/models/{output_dir.name}:predict "
        f"-d '{json.dumps({'inputs': inputs})}'"
    )


def _source():
    if _PRESET.value:
        found = source.of_preset(_PRESET.value)
    else:
        found = source.of_path(_MODEL.value)
    kind = type(found.network)
    if not hasattr(kind, "signatures"):
        raise app.UsageError(f"{kind.__name__} takes no text: call its export")
    if (
        _FLAVOUR.value
        and "flavour" not in inspect.signature(kind.export).parameters
    ):
        raise app.UsageError(f"{kind.__name__} has no memory of a flavour")
    return found


if __name__ == "__main__":
    flags.mark_flags_as_mutual_exclusive(["model", "preset"], required=True)
    flags.mark_flags_as_required(["output_dir"])
    app.run(main)
