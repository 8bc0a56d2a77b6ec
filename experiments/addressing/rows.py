"""Rows of results."""

import numpy as np

from experiments import results
from experiments.addressing import data, search
from experiments.addressing.variants import HOPS

METRICS = {"error": "error %", "support": "support %", "entropy": "entropy"}


def of_training(setting, found):
    """The rows of a setting, of the results of its seeds."""
    validation = [result["found"]["validation"]["error"] for result in found]
    best = int(np.argmin(validation))
    names = [name for name in found[0]["found"] if name != "validation"]
    for name in names:
        tested = [result["found"][name] for result in found]
        for key, metric in METRICS.items():
            values = [test[key] for test in tested]
            yield _row(setting, name, metric, values, best=values[best])
    milliseconds = [
        1000 * np.median(result["history"]["seconds"]) / result["steps"]
        for result in found
    ]
    seconds = round(sum(result["seconds"] for result in found), 1)
    yield _row(setting, names[0], "ms a step", milliseconds, seconds=seconds)


def of_search(setting, found):
    """The rows of a setting whose stories were read through retrieval."""
    metrics = {"error": "error %", "support": "support %", "read": "ms a read"}
    memories = found[0]["memories"]
    for name in found[0]["found"]:
        for key, metric in metrics.items():
            values = [result["found"][name][key] for result in found]
            yield _row(setting, memories, metric, values, read_by=name)


def _row(setting, tested, metric, values, read_by=None, **more):
    """A row; what the picture needs to know of it stands in facts.

    Args:
        setting: a `Setting`.
        tested: `"test"`, or a number of memories as a string.
        metric: see `__main__`.
        values: one a seed.
        read_by: the retrieval layer that read the memory, or None.
        **more: further facts.
    """
    memories = int(tested) if setting.stretched else None
    task = data.name(setting.task)
    variant = setting.addressing.name
    if setting.hops != HOPS:
        variant += f", {setting.hops} hops"
    if read_by is not None:
        variant += f", read by {read_by} {search.K}"
    return results.row(
        "MemN2N",
        variant,
        task if memories is None else f"{task}, {memories:,} memories",
        metric,
        values,
        addressing=setting.addressing.name,
        base=task,
        hops=setting.hops,
        memories=memories,
        read_by=read_by,
        **more,
    )
