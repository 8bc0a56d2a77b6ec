"""Networks that learn algorithms: their training, and their errors."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from memnet_tf import models
from memnet_tf.datasets import algorithms

BITS = 12  # of an item
UNITS = 24  # of a slot: two items
QUESTIONS = 4  # of a sequence to recall from
ROOM = 12  # slots beyond those that the items of a sequence need
BATCH_SIZE = 32
LEARNING_RATE = 0.003
CLIP_NORM = 1.0
TEST_SEQUENCES = 100  # of each length
TEST_SEED = 10**6  # of no training


class Task(NamedTuple):
    """A task, and how long it is trained.

    Attributes:
        make: function of `datasets.algorithms`.
        shortest: the least number of items it can be asked of.
        sequences: how many there are to train on.
        epochs: times they are seen.
    """

    make: Callable
    shortest: int
    sequences: int
    epochs: int


TASKS = {
    "copy": Task(algorithms.copy, shortest=1, sequences=12800, epochs=10),
    # Of as many sequences as to copy, seen 20 times, no error is left but 4%
    # of others are wrong.
    "associative recall": Task(
        functools.partial(algorithms.associative_recall, questions=QUESTIONS),
        shortest=2,
        sequences=51200,
        epochs=5,
    ),
}
VARIANTS: dict[str, dict[str, Any]] = {
    "links": {},
    "links, top-k 4": {"top_k": 4},
    "without links": {"links": False},
}


def build(variant, items):
    """The network of a variant, with room for `items`, not compiled."""
    return models.DifferentiableNeuralComputer(
        inputs=BITS + 1,
        outputs=BITS,
        slots=items + ROOM,
        units=UNITS,
        **VARIANTS[variant],
    )


def prepare(network, steps):
    """Compiles a network to be trained for some steps."""
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    network.compile(
        keras.optimizers.Adam(rate, global_clipnorm=CLIP_NORM),
        loss={"answer": keras.losses.BinaryCrossentropy(from_logits=True)},
        jit_compile=True,
        steps_per_execution=20,
    )


def sequences(task, count, longest, seed):
    """Training sequences of up to `longest` items, as `fit` takes them."""
    made = TASKS[task].make(
        count, TASKS[task].shortest, longest, BITS, seed=seed
    )
    return {
        "x": made.inputs,
        "y": {"answer": made.answers},
        "sample_weight": {"answer": made.answered.astype("float32")},
    }


class Test:
    """Measures networks on sequences of some lengths.

    Each length has a network with room for as many items, which is given the
    weights of those it measures.

    Args:
        task: one of `TASKS`.
        variant: one of `VARIANTS`.
        lengths: numbers of items.
    """

    def __init__(self, task, variant, lengths):
        self.made = {
            length: TASKS[task].make(
                TEST_SEQUENCES, length, length, BITS, seed=TEST_SEED
            )
            for length in lengths
        }
        self.networks = {length: build(variant, length) for length in lengths}
        for network in self.networks.values():
            network.compile(jit_compile=True)

    def errors(self, network):
        """By length, in percent, wrong bits and sequences with such.

        Args:
            network: a trained network of the variant.

        Returns:
            `{"bits": {"20": error}, "sequences": {"20": error}}`.
        """
        found: dict[str, dict[str, float]] = {"bits": {}, "sequences": {}}
        for length, made in self.made.items():
            self.networks[length].set_weights(network.get_weights())
            answers = self.networks[length].predict(
                made.inputs, batch_size=TEST_SEQUENCES // 2, verbose=0
            )["answer"]
            wrong = (answers > 0) != (made.answers > 0)
            wrong &= made.answered[..., None]
            bits = wrong.sum() / (made.answered.sum() * BITS)
            found["bits"][str(length)] = 100 * float(bits)
            some = np.any(wrong, axis=(1, 2))
            found["sequences"][str(length)] = 100 * float(some.mean())
        return found

    def one_sequence(self, network, length):
        """Inputs of a sequence `(T, n)`, and the outputs of a network for it.

        Args:
            network: as in `errors`.
            length: one of the lengths.
        """
        self.networks[length].set_weights(network.get_weights())
        inputs = self.made[length].inputs[:1]
        outputs = self.networks[length](inputs)
        return inputs[0], {
            name: keras.ops.convert_to_numpy(part)[0]
            for name, part in outputs.items()
        }


class Show(keras.callbacks.Callback):
    """Says how far a training is, by the loss of a bit, in nats.

    Args:
        show: function of a text and of the number of epochs that are done.
        answered: the share of steps that the loss is of.
    """

    def __init__(self, show, answered):
        super().__init__()
        self.show = show
        self.answered = answered

    def on_epoch_end(self, epoch, logs=None):
        loss = logs["loss"] / self.answered
        self.show(f"loss {loss:.4f}", epoch + 1)
