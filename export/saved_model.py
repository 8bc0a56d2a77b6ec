"""Exports a trained network as a SavedModel that takes and returns text.

Command, half a minute, most of which the checks take (--nocheck):

    python -m export.saved_model --model=model.keras --output_dir=models/memn2n

Expect a new folder `models/memn2n/1` (then 2, 3 ...; a version there is never
overwritten), a line for each way in which it gave the same replies as the
network, and a request to try on a server.
"""

import json
import pathlib

import keras
import tensorflow as tf
from absl import app, flags, logging

import memnet_tf.models  # noqa: F401, so that Keras knows them
from export import check, requests, versions

_MODEL = flags.DEFINE_string("model", None, "The network, a .keras file.")
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "The folder of versions; its name is the model's."
)
_CHECK = flags.DEFINE_bool(
    "check",
    True,
    "Compare with the network: in a Session, without Keras and in C.",
)
_REQUESTS = 100  # replies to compare


def main(argv):
    logging.set_verbosity(logging.ERROR)
    tf.get_logger().setLevel("ERROR")
    network = keras.models.load_model(_MODEL.value)
    output_dir = pathlib.Path(_OUTPUT_DIR.value or "")

    def compare(folder):
        compared = requests.random_requests(network, _REQUESTS)
        for line in check.check(network, folder, compared):
            print(line)

    folder = versions.write_version(
        network, output_dir, compare if _CHECK.value else None
    )
    print(f"Wrote {folder}. A request to it on TensorFlow Serving:")
    inputs = {
        "story": [["John went to the garden", "Mary went to the office"]],
        "question": ["Where is John?"],
    }
    print(
        "curl http://localhost:8501/v1/models/"
        f"{output_dir.resolve().name}:predict "
        f"-d '{json.dumps({'inputs': inputs})}'"
    )


if __name__ == "__main__":
    flags.mark_flags_as_required(["model", "output_dir"])
    app.run(main)
