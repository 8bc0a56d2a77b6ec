"""The network with the slots it holds, as a SavedModel."""

import os

import keras
from keras import ops

from memnet_tf import files
from memnet_tf.saved_model import expect_replaceable


class _Slots(keras.Layer):
    """Slots that are never written again."""

    def __init__(self, slots):
        super().__init__(name="memory")
        self.slots = self.add_weight(
            name="slots", shape=slots.shape, initializer="zeros"
        )
        self.slots.assign(slots)
        self.built = True


def export(network, filepath, slots, verbose):
    """Writes the network and `slots (S, d)`, all of them filled."""
    expect_replaceable(filepath)
    held = _Slots(slots)
    units = network.get_config()["inputs"]

    def answer(inputs):
        # All questions are of the one memory, whatever example they are of.
        questions = ops.reshape(inputs, (1, -1, units))
        features = network.input_map(questions)
        slots = ops.expand_dims(held.slots, 0)
        filled = ops.ones(ops.shape(slots)[:2], "bool")
        read = network.output_map(features, slots, filled)
        outputs = network.respond(features, read)
        shape = (*ops.shape(inputs)[:2], outputs.shape[-1])
        return {"outputs": ops.reshape(outputs, shape)}

    archive = keras.export.ExportArchive()
    archive.track(held)
    for layer in network.layers:
        archive.track(layer)
    archive.add_endpoint(
        "serving_default",
        answer,
        input_signature=[
            keras.InputSpec(shape=(None, None, units), dtype="float32")
        ],
    )
    with files.replaced(filepath) as unfinished:
        archive.write_out(os.fspath(unfinished), verbose=verbose)
