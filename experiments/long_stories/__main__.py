"""Does reading the best few of thousands of sentences cost accuracy?

MemN2N trained from answers alone on stories in which every sentence tells of
somebody else, "the tall baker went to the attic" with 48 such adjectives, 48
nouns and 10 rooms, and one of them is asked for. Training begins with
stories of 50 sentences and goes on with 300 and 2,000. Softmax addressing
encodes every sentence, forward and back; top-k addressing scores all of them
by their words and encodes the best `k` of every hop.

    python -m experiments.long_stories --seeds=5

takes eight minutes on 1 core and goes on where it was stopped. Expect the
same accuracy within a point, and with 2,000 sentences a step of training ten
times as fast with top-k addressing.
"""

import pathlib
import time
from typing import Any

import keras
import numpy as np
from absl import app, flags, logging
from matplotlib import pyplot as plt

from experiments import plots, results, runs
from experiments.long_stories.data import (
    KINDS,
    SENTENCE_LENGTH,
    VOCABULARY,
    generate,
)
from memnet_tf import models

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/long_stories", "Folder of runs and results."
)
SEEDS = flags.DEFINE_integer("seeds", 5, "Number of seeds.", lower_bound=1)
FIRST_SEED = flags.DEFINE_integer("first_seed", 0, "The first seed.")
SENTENCES = flags.DEFINE_list(
    "sentences", ["50", "300", "2000"], "Lengths of stories, growing."
)
QUESTIONS = flags.DEFINE_integer(
    "questions", 3200, "Training questions of each length.", lower_bound=1
)

VARIANTS: dict[str, dict[str, Any]] = {
    "softmax": {"addressing": "softmax"},
    "top-k 10": {"addressing": "top_k", "k": 10},
    "top-k 32": {"addressing": "top_k", "k": 32},
}
EPOCHS = 20, 5  # of the first length, of each other
BATCH_SIZE = 32
TEST_QUESTIONS = 1000


class TimeEpochs(keras.callbacks.Callback):
    """Keeps how long each epoch took, in seconds."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.start)


def train(variant, seed, lengths, advance):
    """Trains a network on growing stories.

    Returns:
        For each length, in percent, `accuracy`, and `milliseconds`, the time
        of a step after the first epoch, which compiles.
    """
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    weights, found = None, {}
    for length in lengths:
        network = models.MemN2N(
            VOCABULARY,
            SENTENCE_LENGTH,
            memory_size=length,
            units=32,
            hops=2,
            time_encoding=False,
            **VARIANTS[variant],
        )
        epochs = EPOCHS[weights is not None]
        steps = -(-QUESTIONS.value // BATCH_SIZE)
        network.compile(
            keras.optimizers.Adam(
                keras.optimizers.schedules.CosineDecay(0.01, epochs * steps)
            ),
            steps_per_execution=min(steps, 25),
        )
        if weights is not None:
            network.set_weights(weights)
        clock = TimeEpochs()
        x, y = generate(QUESTIONS.value, length, random)
        network.fit(
            x,
            y,
            batch_size=BATCH_SIZE,
            epochs=epochs,
            callbacks=[clock],
            verbose=0,
        )
        x, y = generate(TEST_QUESTIONS, length, random)
        accuracy = network.evaluate(
            x,
            y,
            batch_size=100,
            verbose=0,
            return_dict=True,
        )["accuracy"]
        found[str(length)] = {
            "accuracy": 100 * accuracy,
            "milliseconds": 1000 * min(clock.seconds[1:]) / steps,
        }
        weights = network.get_weights()
        advance()
    return found


def rows_of(variant, lengths, found):
    """The rows of a variant: accuracy, and milliseconds a step."""
    for length in lengths:
        of_length = [result[str(length)] for result in found]
        for metric, name in (
            ("accuracy", "accuracy"),
            ("ms a step", "milliseconds"),
        ):
            yield results.row(
                "MemN2N",
                variant,
                f"{length:,} sentences",
                metric,
                [result[name] for result in of_length],
            )


def draw(rows, path):
    """Milliseconds a step against the length of the story."""
    figure, axes = plt.subplots(figsize=(6, 4))
    for variant in VARIANTS:
        own = [
            row
            for row in rows
            if row["variant"] == variant and row["metric"] == "ms a step"
        ]
        lengths = [int(r["task"].split()[0].replace(",", "")) for r in own]
        axes.errorbar(
            lengths,
            [row["mean"] for row in own],
            [row["sd"] for row in own],
            marker="o",
            capsize=3,
            label=variant,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(lengths, [f"{length:,}" for length in lengths])
    axes.set_xlabel("sentences in a story")
    axes.set_ylabel("milliseconds a step of training")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    plots.write(figure, path)


def main(_):
    logging.set_verbosity(logging.WARNING)
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    store = runs.Runs(output_dir)
    lengths = [int(length) for length in SENTENCES.value]
    if lengths != sorted(lengths) or lengths[-1] > KINDS**2:
        raise app.UsageError(
            f"Expected --sentences to grow, to at most {KINDS**2}. "
            f"Received: {lengths}"
        )
    seeds = range(FIRST_SEED.value, FIRST_SEED.value + SEEDS.value)
    found = {variant: [] for variant in VARIANTS}
    with runs.progress_bar() as progress:
        total = len(VARIANTS) * len(seeds) * len(lengths)
        bar = progress.add_task("", total=total)
        for seed in seeds:
            for number, variant in enumerate(VARIANTS):
                progress.update(bar, description=f"{variant}, seed {seed}")
                result = store.once(
                    lambda variant=variant, seed=seed: train(
                        variant, seed, lengths, lambda: progress.advance(bar)
                    ),
                    variant,
                    f"seed {seed}",
                )
                found[variant].append(result)
                done = (seed - seeds[0]) * len(VARIANTS) + number + 1
                progress.update(bar, completed=done * len(lengths))
    rows = [
        row
        for variant in VARIANTS
        for row in rows_of(variant, lengths, found[variant])
    ]
    seconds = sum(
        result["seconds"]
        for results_of in found.values()
        for result in results_of
    )
    results.write(output_dir, rows, seconds)
    draw(rows, output_dir / "speed.png")
    print(results.table(rows))


if __name__ == "__main__":
    app.run(main)
