"""Presets of bAbI, taken from what `experiments.babi` trained."""

import json
import pathlib

import numpy as np

from experiments import runs
from experiments.babi import data, errors
from experiments.presets import card
from memnet_tf import training  # noqa: F401, so that Keras knows them

# Model and size; one network of all tasks.
PRESETS = {
    "memn2n_babi": ("MemN2N", "1k"),
    "two_reader_babi": ("TwoReaderNetwork", "10k"),
}
LICENCE = (
    "Apache-2.0; trained on bAbI (Weston et al. 2015), of which the examples "
    "are, by Facebook: CC BY 3.0"
)


def make(name, babi_dir, data_dir=None, manual_dir=None):
    """The best trained network of a preset, by validation, and its card.

    Args:
        name: one of `PRESETS`.
        babi_dir: folder that `experiments.babi` wrote.
        data_dir: folder of prepared data.
        manual_dir: folder of bAbI's folder or archive.

    Raises:
        FileNotFoundError: there is no such training, or bAbI is not there.
    """
    model, size = PRESETS[name]
    run = model, f"joint {size}", "all tasks"
    store = runs.Runs(babi_dir)
    seeds = store.seeds(*run)
    row, machine = how_made(babi_dir, *run[:2])
    if row is None or row["n"] != len(seeds):
        raise FileNotFoundError(
            f"Expected {' '.join(run)} in {babi_dir}, all seeds trained by one "
            f"command of experiments.babi to its end. Received: {len(seeds)} "
            f"seeds, and results of {row['n'] if row else 0}"
        )
    found = [store.result(*run, f"seed {seed}") for seed in seeds]
    tasks = sorted(map(int, found[0]["test"]))
    best = errors.choose(
        np.array(
            [
                [result["validation"][str(task)] for task in tasks]
                for result in found
            ]
        ),
        joint=True,
    )[0]
    network = card.bare(store.network(*run, f"seed {seeds[best]}"))
    texts = {
        task: data.load(
            task, size, data_dir, manual_dir, ("validation", "test")
        )
        for task in tasks
    }
    return network, {
        "trained_on": f"bAbI, one network for tasks {tasks[0]} to {tasks[-1]}, "
        f"{size} questions a task of which a tenth is for validation"
        + simulated(tasks, size)
        + f": {len(found[best]['history']['loss'])} epochs, seed "
        f"{seeds[best]}, the best by validation of {len(seeds)}, "
        f"{found[best]['seconds']:.0f} s on {machine}",
        "command": row["command"],
        "figures": measure(network, texts),
        "licence": LICENCE,
        "examples": examples(network, texts),
    }


def how_made(babi_dir, model, variant):
    """A row of the results of a training, or None, and the machine."""
    path = pathlib.Path(babi_dir, "results.json")
    written = json.loads(path.read_text()) if path.exists() else {"rows": []}
    for row in written["rows"]:
        if (row["model"], row["variant"]) == (model, variant):
            return row, written["machine"]
    return None, None


def simulated(tasks, size):
    """Says what is not of bAbI, if anything."""
    marked = [str(task) for task in tasks if data.is_simulated(task, size)]
    return f", of task {marked[0]} mostly simulated ones" if marked else ""


def measure(network, texts):
    """Errors in percent: of all tasks, the mean, and of each."""
    found = {
        split: {
            str(task): error(network, *splits[split])
            for task, splits in texts.items()
        }
        for split in ("validation", "test")
    }
    means = {
        f"{split} error, percent": round(float(np.mean([*by_task.values()])), 3)
        for split, by_task in found.items()
    }
    return {**means, "test error of each task, percent": found["test"]}


def error(network, x, y):
    """Questions answered wrong, in percent."""
    answers = network.answer(x["story"], x["question"])
    wrong = sum(
        answer.text != right.lower()
        for answer, right in zip(answers, y, strict=True)
    )
    return round(100 * wrong / len(y), 3)


def examples(network, texts):
    """The first test question of each task."""
    x, y = {"story": [], "question": []}, []
    for splits in texts.values():
        inputs, answers = splits["test"]
        for name, kept in x.items():
            kept.append(inputs[name][0])
        y.append(answers[0])
    return card.examples(network, x, y)
