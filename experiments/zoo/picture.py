"""Errors against the seconds that a training took, a panel a task."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib import ticker

from experiments import plots


def draw(rows, path):
    """Draws every network as a point with the deviation of its seeds.

    Args:
        rows: the driver's rows.
        path: the PNG file to write.
    """
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    names = list(dict.fromkeys(row["model"] for row in rows))
    colors = plt.get_cmap("tab10")(np.arange(len(names)) % 10)
    figure, panels = plt.subplots(
        1,
        len(tasks),
        figsize=(1 + 3 * len(tasks), 4),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes, task in zip(panels[0], tasks, strict=True):
        for name, color in zip(names, colors, strict=True):
            found = {
                row["metric"]: row
                for row in rows
                if (row["model"], row["task"]) == (name, task)
            }
            axes.errorbar(
                found["seconds"]["mean"],
                found["error %"]["mean"],
                found["error %"]["sd"],
                marker="o",
                capsize=2,
                linestyle="",
                color=color,
                label=name,
            )
        axes.set_title(task, fontsize=10)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(ticker.ScalarFormatter())
        axes.xaxis.set_minor_locator(ticker.NullLocator())
        axes.set_xlabel("seconds of a training")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0][0].set_ylabel("test error, %")
    panels[0][0].set_ylim(bottom=0)
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=3, frameon=False
    )
    plots.write(figure, path)
