"""Presets of the simulated world, which are trained here."""

import time

import keras

from experiments import results
from experiments.presets import card
from memnet_tf import datasets, layers, models
from memnet_tf.datasets.simulated_world import config_name

TASK = "actor and object"
SIZE = {"sentence_length": 8, "memory_size": 30}
EXAMPLES = slice(0, 200, 10)  # of the test split, kept in the card
LICENCE = "Apache-2.0"
SEED = 0


def memnn(vocabulary):
    return models.MemNN(
        vocabulary, **SIZE, negatives=30, match=True, unknown_words=32
    )


def memn2n(vocabulary):
    return models.MemN2N(vocabulary, **SIZE, units=50)


# Builder, questions to train on, epochs, batch size and learning rate.
PRESETS = {
    "memnn_simulated_world": (memnn, 3000, 10, 32, 0.01),
    "memn2n_simulated_world": (memn2n, 30000, 25, 64, 0.005),
}


def make(name, data_dir=None, epochs=None):
    """The trained network of a preset, and its card.

    Args:
        name: one of `PRESETS`.
        data_dir: folder of prepared data.
        epochs: of the training, instead of its own.
    """
    build, questions, own_epochs, batch_size, learning_rate = PRESETS[name]
    epochs = epochs or own_epochs
    config = config_name(TASK, difficulty=5, questions=questions)
    builder = datasets.SimulatedWorld(config=config, data_dir=data_dir)
    splits = {
        split: datasets.load(builder, split)
        for split in ("train", "validation", "test")
    }
    x, y = splits["train"]
    sentences = [sentence for story in x["story"] for sentence in story]
    keras.utils.set_random_seed(SEED)
    network = build(layers.build_vocabulary(sentences + x["question"], y))
    steps = epochs * -(-questions // batch_size)
    network.compile(
        keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        )
    )
    start = time.perf_counter()
    network.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0)
    seconds = time.perf_counter() - start
    figures = {
        f"{split} accuracy, percent": round(
            accuracy(network, *splits[split]), 2
        )
        for split in ("validation", "test")
    }
    x, y = splits["test"]
    x = {key: x[key][EXAMPLES] for key in ("story", "question")}
    return card.bare(network), {
        "trained_on": f"memnet_tf.datasets.SimulatedWorld {config}: "
        f"{questions} questions, {epochs} epochs, seed {SEED}, "
        f"{seconds:.0f} s on {results.machine()}",
        "command": f"python -m experiments.presets --only={name}",
        "figures": figures,
        "licence": LICENCE,
        "examples": card.examples(network, x, y[EXAMPLES]),
    }


def accuracy(network, x, y):
    """Questions answered right, in percent."""
    x, y = network.encode(x, y)
    return (
        100
        * network.evaluate(x, y, batch_size=1000, verbose=0, return_dict=True)[
            "accuracy"
        ]
    )
