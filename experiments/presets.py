"""Trains the networks that come with the library.

    python -m experiments.presets --output_dir=memnet_tf/presets

takes two minutes on 2 cores and writes a `.keras` file for each, below a
megabyte, and `registry.json`. Expect 99% or more of the test questions
answered right by both.
"""

import hashlib
import json
import pathlib
import time

import keras
from absl import app, flags, logging

from experiments import results, runs
from memnet_tf import datasets, files, layers, models
from memnet_tf.datasets.simulated_world import config_name

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/presets", "Folder of the presets."
)
DATA_DIR = flags.DEFINE_string(
    "data_dir", "output/presets/data", "Folder of prepared data."
)
EPOCHS = flags.DEFINE_integer(
    "epochs", None, "Epochs of every training, instead of its own."
)

TASK = "actor and object"
SIZE = {"sentence_length": 8, "memory_size": 30}
EXAMPLES = 20  # of the test split, kept in the card
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


def train(name):
    """The trained network of a preset, and its card."""
    build, questions, epochs, batch_size, learning_rate = PRESETS[name]
    epochs = EPOCHS.value or epochs
    config = config_name(TASK, difficulty=5, questions=questions)
    builder = datasets.SimulatedWorld(config=config, data_dir=DATA_DIR.value)
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
    card = {
        "trained_on": f"memnet_tf.datasets.SimulatedWorld {config}: "
        f"{questions} questions, {epochs} epochs, seed {SEED}, "
        f"{seconds:.0f} s on {results.machine()}",
        "figures": figures,
        "licence": LICENCE,
        "examples": examples(*splits["test"]),
    }
    return network, card


def accuracy(network, x, y):
    """Questions answered right, in percent."""
    x, y = network.encode(x, y)
    return (
        100
        * network.evaluate(x, y, batch_size=1000, verbose=0, return_dict=True)[
            "accuracy"
        ]
    )


def examples(x, y):
    """Every tenth of the first questions, with their answers."""
    return [
        {
            "story": x["story"][number],
            "question": x["question"][number],
            "answer": y[number],
        }
        for number in range(0, len(y), 10)
    ][:EXAMPLES]


def write(network, path):
    """Writes a network without its optimizer, and returns its SHA-256."""
    bare = type(network).from_config(network.get_config())
    bare.set_weights(network.get_weights())
    bare.save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(_):
    logging.set_verbosity(logging.WARNING)
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    registry = {}
    with runs.progress_bar() as progress:
        bar = progress.add_task("", total=len(PRESETS))
        for name in PRESETS:
            progress.update(bar, description=name)
            network, card = train(name)
            path = output_dir / f"{name}.keras"
            registry[name] = {
                "file": path.name,
                "sha256": write(network, path),
                "card": card,
            }
            progress.advance(bar)
    with files.replaced(output_dir / "registry.json") as unfinished:
        unfinished.write_text(json.dumps(registry, indent=1) + "\n")
    for name, entry in registry.items():
        print(name, entry["card"]["figures"])


if __name__ == "__main__":
    app.run(main)
