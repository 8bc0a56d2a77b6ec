"""A network of the zoo as the library ships it, trained by `fit`."""

import keras
import numpy as np

from experiments.benchmark_training import keras_fit
from experiments.benchmark_training.setting import SLOTS, generate
from experiments.zoo.networks import ENTRIES

NETWORKS = {entry.name: entry for entry in ENTRIES}


def build(name, setting):
    """A network, with the same weights at every call, past linear start."""
    keras.utils.set_random_seed(0)
    vocabulary = [f"word{number}" for number in range(setting.words)]
    network = NETWORKS[name].build(vocabulary, setting.sentence_length, SLOTS)
    if getattr(network.output_map, "linear", None) is not None:
        network.output_map.linear.assign(0.0)
    return network


class Trainer(keras_fit.Trainer):
    """Trains by `fit`, with Adam, as MemN2N's trainer does.

    Args:
        name: of an entry of `experiments.zoo`.
        setting: a `setting.Setting`.
        batch_size: examples a step.
        examples: how many there are.
    """

    def __init__(self, name, setting, batch_size, examples):
        x, answer = generate(setting, examples)
        y = {"answer": answer}
        self.model = build(name, setting)
        if NETWORKS[name].support:
            sentences = np.any(x["story"], axis=-1).sum(axis=1)
            x["support"] = np.stack([sentences - 1, sentences - 2], axis=1)
            y[self.model.support_output] = x["support"]
        self.data = {"x": x, "y": y}
        self.batch_size = batch_size
        self.model.compile(keras.optimizers.Adam(0.001))
