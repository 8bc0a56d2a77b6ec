"""The networks that are compared: one MemN2N, addressed in several ways."""

import dataclasses

import keras

from memnet_tf import models, training

HOPS = 3  # where they are not what is compared
UNITS = 20
LEARNING_RATE = 0.01
BATCH_SIZE = 32
LINEAR_START = 1 / 3  # of a training


@dataclasses.dataclass(frozen=True)
class Addressing:
    """A way to turn scores into addresses.

    Attributes:
        name: what it is called in results.
        addressing: see `layers.OutputMap`.
        k: see `layers.OutputMap`.
        support: whether the scores are trained by margin ranking, with the
            supporting sentences, as by Weston et al. 2014.
    """

    name: str
    addressing: str
    k: int | None = None
    support: bool = False


ADDRESSINGS = (
    Addressing("hard with support", "hard", support=True),
    Addressing("hard", "hard"),
    Addressing("softmax", "softmax"),
    Addressing("stick-breaking", "stick_breaking"),
    Addressing("top-k 1", "top_k", 1),
    Addressing("top-k 3", "top_k", 3),
    Addressing("top-k 10", "top_k", 10),
)
OF_HOPS = ("softmax", "hard", "stick-breaking", "top-k 3")  # compared by hops
OF_SEARCH = ("softmax", "top-k 10")  # read through retrieval layers, too


def build(addressing, hops, sizes, steps):
    """The network, compiled for a training of so many steps.

    MemN2N with adjacent tying, position encoding and random noise as in
    `experiments.babi`, trained by Adam instead: batches of 32 with summed
    losses, a learning rate of 0.01 in a cosine decay to 0.

    Args:
        addressing: an `Addressing`.
        hops: reads of the memory.
        sizes: `(vocabulary, sentence_length, memory_size)`.
        steps: steps of a training.
    """
    vocabulary, sentence_length, memory_size = sizes
    network = models.MemN2N(
        vocabulary,
        sentence_length,
        memory_size,
        units=UNITS,
        hops=hops,
        addressing=addressing.addressing,
        k=addressing.k,
        formula="published_code",
        noise=0.1,
        linear_start=True,
    )
    loss = network.losses_by_default()
    if addressing.support:
        loss["scores"] = training.MarginRanking()
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    network.compile(keras.optimizers.Adam(rate, clipnorm=40), loss=loss)
    return network
