"""Pictures of results and of what a network reads."""

import matplotlib

matplotlib.use("Agg")  # draws to files, without a screen

import numpy as np
from matplotlib import pyplot as plt


def plot_accuracies(rows, path, label="test accuracy, %"):
    """Shares in percent, mean and standard deviation; one line a network.

    Args:
        rows: rows of results of one metric, such as `accuracy`. Tasks have
            colours.
        path: the PNG file to write.
        label: of the axis, what is measured.
    """
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    lines = list(dict.fromkeys((r["model"], r["variant"]) for r in rows))
    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.42 * len(lines)))
    colors = plt.get_cmap("viridis")(np.linspace(0.05, 0.85, len(tasks)))
    height = 0.8 / len(tasks)
    for number, (task, color) in enumerate(zip(tasks, colors, strict=True)):
        cells = {
            (row["model"], row["variant"]): row
            for row in rows
            if row["task"] == task
        }
        places = [
            place + (number - (len(tasks) - 1) / 2) * height
            for place, line in enumerate(lines)
            if line in cells
        ]
        shown = [cells[line] for line in lines if line in cells]
        axes.barh(
            places,
            [row["mean"] for row in shown],
            height,
            xerr=[row["sd"] for row in shown],
            color=color,
            label=task,
            error_kw={"linewidth": 0.8},
        )
    axes.set_yticks(range(len(lines)), [" ".join(line) for line in lines])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel(label)
    axes.legend(
        ncols=3, loc="lower center", bbox_to_anchor=(0.4, 1), frameon=False
    )
    write(figure, path)


def plot_addresses(story, question, answer, path):
    """What each hop read of a story.

    Args:
        story: the sentences.
        question: the question.
        answer: a `memnet_tf.text.Answer`.
        path: the PNG file to write.
    """
    hops = len(answer.addresses)
    figure, axes = plt.subplots(figsize=(3 + 0.6 * hops, 1 + 0.26 * len(story)))
    axes.imshow(answer.addresses.T, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for hop, addresses in enumerate(answer.addresses):
        for place, weight in enumerate(addresses):
            if weight >= 0.05:
                axes.text(
                    hop,
                    place,
                    f"{weight:.2f}",
                    ha="center",
                    va="center",
                    color="white" if weight > 0.5 else "black",
                    fontsize=8,
                )
    axes.set_yticks(range(len(story)), story, fontsize=8)
    axes.set_xticks(range(hops), [f"hop {hop + 1}" for hop in range(hops)])
    axes.tick_params(length=0)
    axes.set_title(f"{question}  {answer.text}", fontsize=10, loc="left")
    write(figure, path)


def write(figure, path):
    """Writes a figure as a PNG file, and closes it."""
    figure.savefig(path, dpi=150, bbox_inches="tight")
    plt.close(figure)
