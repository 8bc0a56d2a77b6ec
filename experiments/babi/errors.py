"""Errors of trained networks, and their rows."""

import numpy as np
import tensorflow as tf

from experiments import results
from experiments.babi import published
from experiments.batches import in_batches

_BATCH = 1000


def predictor(network):
    """A function of ids `x` that returns the ids of the answers.

    It is compiled once, for batches of one size, however often the network
    is trained again.
    """

    @tf.function(jit_compile=True)
    def predict(x):
        answer = network(x, training=False)["answer"]
        return tf.argmax(answer, axis=-1, output_type=tf.int32)

    def predict_all(x):
        x = {name: x[name] for name in ("story", "question")}
        return in_batches(predict, x, _BATCH)

    return predict_all


def measure(predict, encoded):
    """Errors in percent, a dict by split of dicts by task.

    Args:
        predict: see `predictor`.
        encoded: see `data.encode`.
    """
    return {
        split: {
            str(task): 100 * float(np.mean(predict(x) != y["answer"]))
            for task, (x, y) in tasks.items()
        }
        for split, tasks in encoded.items()
    }


def choose(errors, joint):
    """The seed that has the fewest errors, for each task.

    Args:
        errors: of one split, `(seeds, tasks)`.
        joint: whether a seed is one network for all tasks, so that one is
            chosen for all.

    Returns:
        Places of seeds, `(tasks,)`.
    """
    if joint:
        best = np.argmin(np.mean(errors, axis=1))
        return np.full(errors.shape[1], best)
    return np.argmin(errors, axis=0)


def rows(model, variant, tasks, found, joint, simulated=False):
    """The rows of a variant: each task, the mean and the failed tasks.

    `best` is the seed with the fewest validation errors, as we choose;
    `best_by_training` the one with the fewest training errors, as the
    authors of MemN2N did, whose figures are to be compared with it alone.
    A failed task has more than 5% errors.

    Args:
        model: name of the model.
        variant: what is varied.
        tasks: numbers of the tasks.
        found: for each seed, errors as `measure` returns them.
        joint: whether a seed is one network for all tasks.
        simulated: whether task 3 was trained on simulated stories; rows
            that depend on it are marked.
    """
    errors = {
        split: np.array(
            [[seed[split][str(task)] for task in tasks] for seed in found]
        )
        for split in ("train", "validation", "test")
    }
    test = errors["test"]
    places = np.arange(len(tasks))
    chosen = {
        "best": test[choose(errors["validation"], joint), places],
        "best_by_training": test[choose(errors["train"], joint), places],
    }

    def row(task, values, summary):
        facts: dict[str, float | bool] = {
            name: float(summary(best)) for name, best in chosen.items()
        }
        known = published.error(model, variant, task)
        if known is not None:
            facts["published"] = known
        if simulated and (joint or task in ("3", "mean", "failed")):
            facts["simulated"] = True
        return results.row(model, variant, task, "error", values, **facts)

    each = [
        row(str(task), test[:, place], lambda best, place=place: best[place])
        for place, task in enumerate(tasks)
    ]
    if len(tasks) < 20:  # not to be compared with what was published
        return each
    failed = test > published.FAILED
    return [
        *each,
        row("mean", np.mean(test, axis=1), np.mean),
        row(
            "failed",
            np.sum(failed, axis=1),
            lambda best: np.sum(best > published.FAILED),
        ),
    ]


def beside_published(rows):
    """A Markdown table: tasks down, a block of columns for each variant."""
    lines = list(dict.fromkeys((row["model"], row["variant"]) for row in rows))
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    by_place = {(r["model"], r["variant"], r["task"]): r for r in rows}
    columns = ("mean", "best", "best_by_training", "published")
    heads = ("mean ± sd", "by validation", "by training error", "published")
    text = []
    for line in lines:
        text += [f"### {' '.join(line)}", "", "| task | " + " | ".join(heads)]
        text[-1] += " |"
        text.append("| --- |" + " ---: |" * len(heads))
        for task in tasks:
            row = by_place.get((*line, task))
            if row is None:
                continue
            cells = [
                f"{row[name]:.1f}" if row.get(name) is not None else ""
                for name in columns
            ]
            cells[0] += f" ± {row['sd']:.1f}"
            mark = " (simulated)" if row.get("simulated") else ""
            text.append(f"| {task}{mark} | " + " | ".join(cells) + " |")
        text.append("")
    return "\n".join(text)
