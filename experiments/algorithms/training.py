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
GROWING = 0.4  # of the epochs, before sequences are as long as they get
TEST_SEQUENCES = 100  # of each length
TEST_SEED = 10**6  # of no training


class Task(NamedTuple):
    """A task.

    Attributes:
        make: function of `datasets.algorithms`.
        shortest: the least number of items it can be asked of.
        epochs: how many it takes.
    """

    make: Callable
    shortest: int
    epochs: int


TASKS = {
    "copy": Task(algorithms.copy, shortest=1, epochs=10),
    "associative recall": Task(
        functools.partial(algorithms.associative_recall, questions=QUESTIONS),
        shortest=2,
        epochs=20,
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
    of_a_bit = keras.losses.BinaryCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight"
    )
    network.compile(
        keras.optimizers.Adam(rate, global_clipnorm=CLIP_NORM),
        loss={"answer": of_a_bit},
        jit_compile=True,
        steps_per_execution=20,
    )


class Lessons(NamedTuple):
    """Training sequences, no two epochs alike, that grow at first.

    The greatest number of items grows evenly in the first `GROWING` of the
    epochs. Of sequences of all lengths from the start, one of five seeds does
    not learn to copy.

    Attributes:
        task: one of `TASKS`.
        longest: items at most, in the end.
        seed: another seed makes other sequences.
        batches: batches of an epoch.
        epochs: how many there are.
    """

    task: str
    longest: int
    seed: int
    batches: int
    epochs: int

    def longest_of(self, epoch):
        """Items at most in an epoch, the first of which is 0."""
        growing = round(GROWING * self.epochs)
        grown = -(-self.longest * (epoch + 1) // (growing + 1))
        return min(max(grown, TASKS[self.task].shortest), self.longest)

    def from_epoch(self, epoch):
        """Yields the batches of an epoch and of those after it.

        A batch is inputs, answers and weights, as `fit` takes them, of as
        many steps in every epoch.
        """
        make, shortest, _ = TASKS[self.task]
        steps = make(1, self.longest, self.longest, BITS).inputs.shape[1]
        for later in range(epoch, self.epochs):
            longest = self.longest_of(later)
            for batch in range(self.batches):
                seed = [self.seed, later, batch]
                made = make(BATCH_SIZE, shortest, longest, BITS, seed=seed)
                inputs, answers, answered = (_padded(p, steps) for p in made)
                weights = answered.astype("float32")
                yield inputs, {"answer": answers}, {"answer": weights}


def _padded(part, steps):
    """An array `(B, T, …)` with zeros at the end, of so many steps `T`."""
    rest = [(0, 0)] * (part.ndim - 2)
    return np.pad(part, [(0, 0), (0, steps - part.shape[1]), *rest])


def fit(network, lessons, answers=None, initial_epoch=0, callbacks=()):
    """Trains a network that is prepared.

    Args:
        network: what `prepare` compiled.
        lessons: a `Lessons`.
        answers: None; the lessons have them.
        initial_epoch: epochs that are done.
        callbacks: those of `fit`.
    """
    network.fit(
        lessons.from_epoch(initial_epoch),
        steps_per_epoch=lessons.batches,
        epochs=lessons.epochs,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
        shuffle=False,
        verbose=0,
    )


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
    """

    def __init__(self, show):
        super().__init__()
        self.show = show

    def on_epoch_end(self, epoch, logs=None):
        self.show(f"loss {logs['loss']:.4f}", epoch + 1)
