"""MemN2N as the library ships it, trained by `fit`."""

import keras

from experiments.benchmark_training.setting import (
    HOPS,
    NOISE,
    SLOTS,
    TABLE_NORM,
)
from memnet_tf import models, training


class Trainer:
    """Trains by `fit`.

    Args:
        setting: a `setting.Setting`.
        x: ids of stories and questions.
        answer: ids of answers.
        batch_size: examples a step.
        weights: what to begin with, see `setting.initial_weights`.
        **options: further arguments of `compile`.
    """

    def __init__(self, setting, x, answer, batch_size, weights, **options):
        self.data = {"x": x, "y": {"answer": answer}}
        self.batch_size = batch_size
        self.model = models.MemN2N(
            [f"word{number}" for number in range(setting.words)],
            setting.sentence_length,
            memory_size=SLOTS,
            units=setting.units,
            hops=HOPS,
            addressing=setting.addressing,
            formula=setting.formula,
            noise=NOISE,
        )
        self.model.compile(
            training.TableClippedSGD(
                setting.units, setting.learning_rate, TABLE_NORM
            ),
            **options,
        )
        words, ages = weights
        self.model.input_map.embeddings.assign(words)
        variable = self.model.time_encoding.embeddings
        variable.assign(ages.reshape(variable.shape))

    def train(self, epochs):
        """Trains for some passes over the examples; the last loss."""
        history = self.model.fit(
            **self.data, batch_size=self.batch_size, epochs=epochs, verbose=0
        )
        return history.history["loss"][-1]

    def loss(self):
        """The summed loss of the first batch, without noise."""
        first = keras.tree.map_structure(
            lambda array: keras.ops.convert_to_tensor(array[: self.batch_size]),
            self.data,
        )
        outputs = self.model(first["x"], training=False)
        return float(self.model.compute_loss(first["x"], first["y"], outputs))
