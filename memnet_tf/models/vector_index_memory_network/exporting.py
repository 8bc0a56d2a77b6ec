"""The network with the slots it holds, as a SavedModel."""

import keras
from keras import ops

from memnet_tf import saved_model
from memnet_tf.layers.retrieval import flavours
from memnet_tf.signatures import Signature


class _Slots(keras.Layer):
    """Slots that are never written again."""

    def __init__(self, slots):
        super().__init__(name="memory")
        self.slots = self.add_weight(
            name="slots", shape=slots.shape, initializer="zeros"
        )
        self.slots.assign(slots)
        self.built = True


def export(network, filepath, slots, flavour, verbose):
    """Writes the network and `slots (S, d)`, all of them filled.

    Returns:
        A `saved_model.Exported`.
    """
    chosen = flavours.choose(len(slots), flavour)
    retrieval = flavours.retrieval(chosen, slots, metric="l2")
    held = _Slots(slots)
    units = network.get_config()["inputs"]

    def answer(inputs):
        # All questions are of the one memory, whatever example they are of.
        features = network.input_map(ops.reshape(inputs, (1, -1, units)))
        found = retrieval(features[0], network.output_map.k, held.slots)
        read = network.output_map.attend(
            features,
            ops.expand_dims(ops.take(held.slots, found.slots, axis=0), 0),
            ops.expand_dims(found.mask, 0),
        )
        outputs = network.respond(features, read)
        shape = (*ops.shape(inputs)[:2], outputs.shape[-1])
        return {"outputs": ops.reshape(outputs, shape)}

    inputs = keras.InputSpec(shape=(None, None, units), dtype="float32")
    return saved_model.write(
        filepath,
        [held, retrieval, *network.layers],
        {"serving_default": Signature(answer, [inputs])},
        chosen,
        verbose,
    )
