"""Which networks answer questions about a simulated world?

Table 3 of Weston et al. 2014 made again, with MemN2N beside it: trained from
answers alone, with softmax, hard and stick-breaking addressing and 1 to 3
hops, on the paper's 3,000 questions, and on 30,000.

    python -m experiments.simulated_world --seeds=10

takes about two hours on 2 cores and goes on where it was stopped.
Expect MemNN with two supporting memories and write time at 99.9% or more in
every column, MemN2N with 30,000 questions above 99.5%, and everything
without a second read or without write time far below.
"""

import dataclasses
import pathlib
import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from absl import app, flags, logging

from experiments import baselines, results, runs
from experiments.plots import plot_accuracies
from memnet_tf import datasets, layers, models
from memnet_tf.datasets.simulated_world import config_name, world

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/simulated_world", "Folder of runs and results."
)
DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of prepared data; output_dir/data if not given."
)
SEEDS = flags.DEFINE_integer("seeds", 10, "Number of seeds.")
FIRST_SEED = flags.DEFINE_integer("first_seed", 0, "The first seed.")
ONLY = flags.DEFINE_list(
    "only", [], "Models or `model variant`s to train; all if empty."
)
EPOCHS = flags.DEFINE_integer(
    "epochs", None, "Epochs of every training, instead of its own."
)

MEMORY_SIZE = 30
SENTENCE_LENGTH = 8
TASKS = {
    "d1 actor without before": (1, "actor without before"),
    "d1 actor": (1, "actor"),
    "d1 actor and object": (1, "actor and object"),
    "d5 actor": (5, "actor"),
    "d5 actor and object": (5, "actor and object"),
}
PUBLISHED = {  # accuracy in percent, in the order of TASKS
    ("RNN", ""): (100, 60.9, 27.9, 23.8, 17.8),
    ("LSTM", ""): (100, 64.8, 49.1, 35.2, 29.0),
    ("MemNN", "k=1"): (97.8, 31.0, 24.0, 21.9, 18.5),
    ("MemNN", "k=1 time"): (99.9, 60.2, 42.5, 60.8, 44.4),
    ("MemNN", "k=2 time"): (100, 100, 100, 100, 99.9),
}


@dataclasses.dataclass(frozen=True)
class Variant:
    """A network to train, and how.

    Attributes:
        model: name of the model.
        variant: what is varied.
        build: function of the vocabulary that makes the network.
        epochs: times the questions are seen.
        questions: training questions.
        batch_size: questions a step.
        learning_rate: of Adam, at the start of a cosine decay to 0.
        solved: see `runs.Runs.train`.
        renamed: whether validation and test are told with invented names
            for all people, things and rooms.
        most_seeds: number of seeds at most, where a training is slow or
            only compared with others.
    """

    model: str
    variant: str
    build: Callable[[list[str]], Any]
    epochs: int = 20
    questions: int = 3000
    batch_size: int = 32
    learning_rate: float = 0.01
    solved: int | None = None
    renamed: bool = False
    most_seeds: int | None = None


def memnn(variant, renamed=False, most_seeds=None, **options):
    """A MemNN: `k` supporting memories, with or without write time."""

    def build(vocabulary):
        return models.MemNN(
            vocabulary, SENTENCE_LENGTH, MEMORY_SIZE, negatives=30, **options
        )

    return Variant(
        "MemNN", variant, build, renamed=renamed, most_seeds=most_seeds
    )


def memn2n(hops, addressing, questions=3000, epochs=40, most_seeds=5):
    """A MemN2N, trained from answers alone."""

    def build(vocabulary):
        return models.MemN2N(
            vocabulary,
            SENTENCE_LENGTH,
            MEMORY_SIZE,
            units=50,
            hops=hops,
            addressing=addressing,
        )

    name = f"{hops} hops {addressing.replace('_', '-')} {questions}"
    return Variant(
        "MemN2N",
        name,
        build,
        epochs,
        questions,
        batch_size=64 if questions > 3000 else 32,
        learning_rate=0.005 if questions > 3000 else 0.01,
        solved=1,
        most_seeds=most_seeds,
    )


def recurrent(name, most_seeds):
    """A recurrent network that reads story and question word by word."""

    def build(vocabulary):
        return baselines.RecurrentReader(
            vocabulary, SENTENCE_LENGTH, MEMORY_SIZE, cell=name
        )

    return Variant(
        name, "", build, epochs=10, learning_rate=0.003, most_seeds=most_seeds
    )


VARIANTS = [
    recurrent("RNN", most_seeds=3),
    recurrent("LSTM", most_seeds=3),
    memnn("k=1", k=1, time=False),
    memnn("k=1 time", k=1),
    memnn("k=2 time", k=2),
    memnn(
        "k=2 time unseen names",
        renamed=True,
        most_seeds=5,
        k=2,
        match=True,
        unknown_words=32,
    ),
    memn2n(3, "softmax", 30000, epochs=25),
    memn2n(3, "softmax"),
    memn2n(2, "softmax"),
    memn2n(1, "softmax"),
    memn2n(3, "hard"),
    memn2n(2, "hard"),
    memn2n(1, "hard"),
    memn2n(3, "stick_breaking"),
]

# Names that no training data has, for every name of the world.
INVENTED = dict(
    zip(
        (*world.ACTORS, *world.OBJECTS, *world.ROOMS),
        (
            *("Zork", "Blip", "Quux", "Vomm"),
            *("gizmo", "wumpus", "trinket"),
            *("castle", "moor", "pit", "tower", "lagoon"),
        ),
        strict=True,
    )
)
_NAME = re.compile(rf"\b({'|'.join(INVENTED)})\b")


def rename(text):
    """A text with every name replaced by an invented one."""
    return _NAME.sub(lambda match: INVENTED[match[1]], text)


class Task:
    """The data of a task, as ids of the training split's vocabulary."""

    def __init__(self, name, questions, data_dir):
        difficulty, question_set = TASKS[name]
        builder = datasets.SimulatedWorld(
            config=config_name(question_set, difficulty, questions),
            data_dir=data_dir,
        )
        self.splits = {
            split: datasets.load(builder, split)
            for split in ("train", "validation", "test")
        }
        x, y = self.splits["train"]
        self.vocabulary = layers.build_vocabulary(
            [sentence for story in x["story"] for sentence in story]
            + x["question"],
            y,
        )

    def ids(self, network, split, renamed=False):
        """A split as ids; support labels for MemNN alone."""
        x, y = self.splits[split]
        if renamed:
            stories = [list(map(rename, story)) for story in x["story"]]
            questions = list(map(rename, x["question"]))
            x = {**x, "story": stories, "question": questions}
            y = list(map(rename, y))
        if not isinstance(network, models.MemNN):
            x = {name: x[name] for name in ("story", "question")}
        return network.encode(x, y)


def train(variant, name, task, seeds, store, advance):
    """Trains a variant on a task with every seed; returns their results."""
    network = None
    found = []
    for seed in seeds[: variant.most_seeds]:
        run = variant.model, variant.variant, name, f"seed {seed}"
        result = store.result(*run)
        if result is None:
            if network is None:
                network, data = _prepare(variant, task())
            runs.start_again(network, seed)
            result = store.train(
                network,
                *data["train"],
                lambda network, data=data: _evaluate(network, data),
                *run,
                solved=variant.solved,
                validation_data=data["validation"],
                validation_batch_size=1000,
                batch_size=variant.batch_size,
                epochs=EPOCHS.value or variant.epochs,
            )
        found.append(result)
        advance()
    return found


def _prepare(variant, task):
    network = variant.build(task.vocabulary)
    steps = -(-variant.questions // variant.batch_size)
    steps *= EPOCHS.value or variant.epochs
    network.compile(
        keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(variant.learning_rate, steps)
        )
    )
    return network, {
        "train": task.ids(network, "train"),
        "validation": task.ids(network, "validation", variant.renamed),
        "test": task.ids(network, "test", variant.renamed),
    }


def _evaluate(network, data):
    """Accuracies in percent."""
    return {
        split: 100
        * network.evaluate(
            *data[split], batch_size=1000, verbose=0, return_dict=True
        )["accuracy"]
        for split in ("validation", "test")
    }


def row(variant, name, found):
    """The row of a variant on a task."""
    published = PUBLISHED.get((variant.model, variant.variant))
    best = int(np.argmax([result["validation"] for result in found]))
    more = {"best": found[best]["test"]}
    if published is not None:
        more["published"] = published[list(TASKS).index(name)]
    return results.row(
        variant.model,
        variant.variant,
        name,
        "accuracy",
        [result["test"] for result in found],
        seconds=round(sum(result["seconds"] for result in found), 1),
        **more,
    )


def main(_):
    logging.set_verbosity(logging.WARNING)
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    data_dir = DATA_DIR.value or str(output_dir / "data")
    store = runs.Runs(output_dir)
    seeds = range(FIRST_SEED.value, FIRST_SEED.value + SEEDS.value)
    chosen = [
        variant
        for variant in VARIANTS
        if not ONLY.value
        or variant.model in ONLY.value
        or f"{variant.model} {variant.variant}" in ONLY.value
    ]
    loaded = {}
    rows = []
    with runs.progress_bar() as progress:
        total = sum(len(seeds[: v.most_seeds]) for v in chosen) * len(TASKS)
        bar = progress.add_task("", total=total)
        for name in TASKS:
            for variant in chosen:
                progress.update(
                    bar,
                    description=f"{variant.model} {variant.variant}, {name}",
                )

                def task(name=name, questions=variant.questions):
                    if (name, questions) not in loaded:
                        loaded.clear()  # one task in memory at a time
                        loaded[name, questions] = Task(
                            name, questions, data_dir
                        )
                    return loaded[name, questions]

                found = train(
                    variant,
                    name,
                    task,
                    seeds,
                    store,
                    lambda: progress.advance(bar),
                )
                rows.append(row(variant, name, found))
    order = [(v.model, v.variant) for v in VARIANTS]
    rows.sort(key=lambda r: order.index((r["model"], r["variant"])))
    # However often it was stopped: the time that all trainings took.
    results.write(output_dir, rows, sum(row["seconds"] for row in rows))
    plot_accuracies(rows, output_dir / "accuracy.png")
    print(results.table(rows))


if __name__ == "__main__":
    app.run(main)
