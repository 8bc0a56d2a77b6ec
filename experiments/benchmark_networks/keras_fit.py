"""A network of the zoo as the library ships it, trained by `fit`."""

from experiments.benchmark_networks import networks
from experiments.benchmark_training import keras_fit


class Trainer(keras_fit.Trainer):
    """Trains by `fit`, as MemN2N's trainer does.

    Args:
        name: one of `networks.NAMES`.
        setting: a `setting.Setting`.
        batch_size: examples a step.
        examples: how many there are.
    """

    def __init__(self, name, setting, batch_size, examples):
        self.model, self.data = networks.make(name, setting, examples)
        self.batch_size = batch_size
