"""How MemN2N is trained as a language model, and what is measured of it."""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np

from memnet_tf import models

LEAST_RATE = 1e-5  # where annealing ends


class Recipe(NamedTuple):
    """How a network is trained.

    Attributes:
        name: what the rows of its results say of it; "" if nothing.
        optimizer: function of the steps of a training that makes it.
        epochs: at most.
        batch_size: places a step.
        annealed: whether validation decides on the learning rate.
        dropout: see `models.MemN2NLanguageModel`.
    """

    name: str
    optimizer: Callable[[int], keras.optimizers.Optimizer]
    epochs: int
    batch_size: int
    annealed: bool = False
    dropout: float = 0.0


def _sgd(steps):
    del steps  # validation decides when the rate falls
    return keras.optimizers.SGD(0.01, global_clipnorm=50.0)


def _adagrad(steps):
    warmup = min(200, steps // 2)
    rate = keras.optimizers.schedules.CosineDecay(
        1e-3, steps - warmup, warmup_target=0.1, warmup_steps=warmup
    )
    return keras.optimizers.Adagrad(rate, global_clipnorm=100.0)


RECIPES = {
    "published": Recipe("as published", _sgd, 50, 128, annealed=True),
    "adagrad": Recipe("", _adagrad, 11, 256, dropout=0.2),
}


def build(recipe, vocabulary, memories, units, hops, steps):
    """The network, compiled.

    Args:
        recipe: a `Recipe`.
        vocabulary: the known words.
        memories: words remembered.
        units: size of an embedding.
        hops: reads of the memory.
        steps: of a training.
    """
    network = models.MemN2NLanguageModel(
        vocabulary, memories, units, hops, dropout=recipe.dropout
    )
    network.compile(recipe.optimizer(steps), steps_per_execution=8)
    return network


def cross_entropy(network, text):
    """Of a text's words after the first `S`, in nats a word.

    The published program has no word before its memory is full, either.
    """
    return cost(network, network.score(text))


def cost(network, score):
    """What `cross_entropy` measures, of a text that was scored."""
    found = score.log_probabilities[network.memory_size :]
    return -float(np.mean(found, dtype="float64"))


class Validate(keras.callbacks.Callback):
    """Measures every epoch on a text, all of it.

    The cost is logged as `val_cross_entropy`.

    Args:
        text: the validation text.
        show: function of a string that says how far the training is.
    """

    def __init__(self, text, show=lambda what: None):
        super().__init__()
        self.text = text
        self.show = show

    def on_epoch_end(self, epoch, logs=None):
        cost = cross_entropy(self.model, self.text)
        logs["val_cross_entropy"] = cost
        self.show(
            f"epoch {epoch + 1}, validation perplexity {np.exp(cost):.1f}"
        )


class Anneal(keras.callbacks.Callback):
    """Divides the learning rate by 1.5 after an epoch without improvement.

    As published: the validation cost, which `Validate` logged, is compared
    with that of the epoch before, of which it should be at most 0.9999;
    training stops when the rate is below 0.00001.

    Args:
        text: the validation text.
    """

    def __init__(self, text):
        super().__init__()
        self.text = text

    def on_train_begin(self, logs=None):
        # Also where a training goes on, with the weights of its last epoch.
        self.previous = cross_entropy(self.model, self.text)

    def on_epoch_end(self, epoch, logs=None):
        cost = logs["val_cross_entropy"]
        if cost > 0.9999 * self.previous:
            rate = float(self.model.optimizer.learning_rate) / 1.5
            self.model.optimizer.learning_rate = rate
            self.model.stop_training = rate < LEAST_RATE
        self.previous = cost


def mean_addresses(network, text, words=2000):
    """How much each hop reads of a word by its distance, on average.

    Args:
        network: the network.
        text: a text; the first words after `S` are read.
        words: how many.

    Returns:
        `(K, S)`, the word just before first.
    """
    size = network.memory_size
    first = " ".join(text.split()[: size + words])
    windows, _ = network.encode([first])
    addresses = network.predict(windows[size:], verbose=0)["addresses"]
    return np.mean(addresses[:, 0], axis=0)[:, ::-1]
