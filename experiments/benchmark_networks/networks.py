"""Every network of the zoo that is trained, compiled, and what it learns from.

Most read random stories, as `experiments.zoo` has them. A network that does
something else has the size it has in the driver that trains it.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from experiments.algorithms import training as algorithms
from experiments.benchmark_training.setting import FIRST_WORD, SLOTS, generate
from experiments.zoo.networks import ENTRIES, HOPS, UNITS
from memnet_tf import models

ITEMS = 20  # of a sequence that is copied


class Learner(NamedTuple):
    """A network and what it learns from.

    Attributes:
        network: a compiled network, with the same weights at every call.
        data: arguments of its `fit`.
    """

    network: keras.Model
    data: dict[str, Any]


def make(name, setting, examples):
    """The `Learner` of a name of `NAMES`.

    Args:
        name: of the network.
        setting: a `benchmark_training.setting.Setting`; networks have their
            own units.
        examples: stories, sequences, or words of a text.
    """
    keras.utils.set_random_seed(0)
    return _MAKE[name](setting, examples)


def _words(setting):
    return [f"word{number}" for number in range(setting.words)]


def _stories(entry, setting, examples):
    """A network of `experiments.zoo`, past linear start."""
    x, answer = generate(setting, examples)
    y = {"answer": answer}
    network = entry.build(_words(setting), setting.sentence_length, SLOTS)
    if getattr(network.output_map, "linear", None) is not None:
        network.output_map.linear.assign(0.0)
    if entry.support:
        sentences = np.any(x["story"], axis=-1).sum(axis=1)
        x["support"] = np.stack([sentences - 1, sentences - 2], axis=1)
        y[network.support_output] = x["support"]
    network.compile(keras.optimizers.Adam(0.001))
    return Learner(network, {"x": x, "y": y})


def _sentences(setting, examples):
    """`GenerativeMemN2N`, whose answers are as long as sentences."""
    x, _ = generate(setting, examples)
    network = models.GenerativeMemN2N(
        _words(setting), setting.sentence_length, SLOTS, units=UNITS, hops=HOPS
    )
    network.compile(keras.optimizers.Adam(0.001))
    x["sentence"] = x["story"][:, 0]
    answer = network.response.labels(x["sentence"])
    y = {"answer": keras.ops.convert_to_numpy(answer)}
    return Learner(network, {"x": x, "y": y})


def _sequences(setting, examples):
    """A `DifferentiableNeuralComputer` that copies, as it learns to."""
    del setting  # of words
    network = algorithms.build("links", ITEMS)
    algorithms.prepare(network, steps=examples)
    made = algorithms.TASKS["copy"].make(examples, 1, ITEMS, algorithms.BITS)
    weights = made.answered.astype("float32")
    return Learner(
        network,
        {
            "x": made.inputs,
            "y": {"answer": made.answers},
            "sample_weight": {"answer": weights},
        },
    )


def _text(setting, examples):
    """`MemN2NLanguageModel` of the published size, and a random text."""
    words = _words(setting)
    network = models.MemN2NLanguageModel(words)
    network.compile(keras.optimizers.Adam(0.001))
    _, drawn = generate(setting, examples)
    text = " ".join(words[number - FIRST_WORD] for number in drawn)
    return Learner(network, {"x": text})


_MAKE: dict[str, Callable[..., Learner]] = {
    **{entry.name: functools.partial(_stories, entry) for entry in ENTRIES},
    "GenerativeMemN2N": _sentences,
    "DifferentiableNeuralComputer": _sequences,
    "MemN2NLanguageModel": _text,
}
NAMES = list(_MAKE)
