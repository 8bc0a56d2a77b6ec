"""How MemN2N was trained as a language model, and what is measured of it."""

import keras
import numpy as np

from memnet_tf import models

LEARNING_RATE = 0.01
LEAST_RATE = 1e-5
CLIP_NORM = 50.0  # of the whole gradient, whose losses are summed


def build(vocabulary, memories, units, hops):
    """The network, compiled as it was published (section 5 of the paper).

    Args:
        vocabulary: the known words.
        memories: words remembered.
        units: size of an embedding.
        hops: reads of the memory.
    """
    network = models.MemN2NLanguageModel(vocabulary, memories, units, hops)
    network.compile(
        keras.optimizers.SGD(LEARNING_RATE, global_clipnorm=CLIP_NORM),
        steps_per_execution=8,
    )
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


class Anneal(keras.callbacks.Callback):
    """Divides the learning rate by 1.5 after an epoch without improvement.

    As published: the validation cost is compared with that of the epoch
    before, of which it should be at most 0.9999; training stops when the
    rate is below 0.00001. The cost is logged as `val_cross_entropy`.

    Args:
        text: the validation text.
        show: function of a string that says how far the training is.
    """

    def __init__(self, text, show=lambda what: None):
        super().__init__()
        self.text = text
        self.show = show

    def on_train_begin(self, logs=None):
        # Also where a training goes on, with the weights of its last epoch.
        self.previous = cross_entropy(self.model, self.text)

    def on_epoch_end(self, epoch, logs=None):
        cost = cross_entropy(self.model, self.text)
        logs["val_cross_entropy"] = cost
        self.show(
            f"epoch {epoch + 1}, validation perplexity {np.exp(cost):.1f}"
        )
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
