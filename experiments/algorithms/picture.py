"""Errors by length, and where a sequence was written and read."""

import numpy as np
from matplotlib import pyplot as plt

from experiments import plots


def plot_errors(rows, lengths, trained, path):
    """Wrong bits, mean and standard deviation; a panel a task.

    Args:
        rows: rows of results, whose `task` is that of `task_of`.
        lengths: numbers of items.
        trained: the greatest number in training.
        path: the PNG file to write.
    """
    rows = [row for row in rows if row["metric"] == "wrong bits, %"]
    tasks = list(dict.fromkeys(row["of"] for row in rows))
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    figure, panels = plt.subplots(
        1,
        len(tasks),
        figsize=(1 + 3.5 * len(tasks), 3.5),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    colors = plt.get_cmap("viridis")(np.linspace(0, 0.85, len(variants)))
    for axes, task in zip(panels[0], tasks, strict=True):
        for variant, color in zip(variants, colors, strict=True):
            own = [
                row
                for row in rows
                if row["of"] == task and row["variant"] == variant
            ]
            axes.errorbar(
                lengths,
                [row["mean"] for row in own],
                [row["sd"] for row in own],
                marker="o",
                capsize=3,
                color=color,
                label=variant,
            )
        axes.axvspan(min(1, *lengths), trained, color="0.92", zorder=0)
        axes.axhline(50, color="0.6", linewidth=0.8, linestyle="--")
        axes.set_ylim(0, 53)
        axes.set_xscale("log")
        axes.set_xticks(lengths, [str(length) for length in lengths])
        axes.set_xticks([], minor=True)
        axes.set_xlabel("items (trained on the shaded numbers)")
        axes.set_title(task, fontsize=10, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0, 0].set_ylabel("wrong bits, %")
    panels[0, 0].legend(frameon=False)
    plots.write(figure, path)


def plot_addresses(sequences, path):
    """Where sequences were written and read, a column each.

    Args:
        sequences: by name, inputs `(T, n)` and outputs of the network.
        path: the PNG file to write.
    """
    figure, panels = plt.subplots(
        3,
        len(sequences),
        figsize=(1 + 4.5 * len(sequences), 7),
        height_ratios=(1, 2, 2),
        squeeze=False,
        layout="constrained",
    )
    for column, (name, (inputs, outputs)) in zip(
        panels.T, sequences.items(), strict=True
    ):
        shown = {
            "input": inputs,
            "slots written": outputs["write_addresses"],
            "slots read": outputs["addresses"][:, 0],
        }
        for axes, (label, values) in zip(column, shown.items(), strict=True):
            axes.imshow(
                values.T,
                cmap="Blues",
                vmin=0,
                vmax=1,
                aspect="auto",
                interpolation="none",
            )
            axes.set_ylabel(label)
        column[0].set_title(name, fontsize=10, loc="left")
        column[-1].set_xlabel("step")
    plots.write(figure, path)
