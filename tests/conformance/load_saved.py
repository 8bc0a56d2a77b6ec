"""Loads every saved entry and writes its outputs: run in a new process."""

import pathlib
import sys

import keras
import numpy as np

from tests.conformance.registry import ENTRIES, Alone


def main(folder):
    for path in pathlib.Path(folder).glob("*.keras"):
        model = keras.saving.load_model(path)
        layer = model.layer if isinstance(model, Alone) else model
        outputs = keras.tree.flatten(layer(**ENTRIES[path.stem].inputs))
        np.savez(path.with_suffix(".npz"), *[out.numpy() for out in outputs])


if __name__ == "__main__":
    main(sys.argv[1])
