"""A picture of recall against speed."""

import matplotlib

matplotlib.use("Agg")  # draws to files, without a screen

from matplotlib import pyplot as plt

from memnet_tf import files

SPEED = "queries per second batch 256"


def draw(rows, path):
    """Recall@10 and queries per second, a panel a task, a line a model."""
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    models = list(dict.fromkeys(row["model"] for row in rows))
    figure, panels = plt.subplots(
        1, len(tasks), figsize=(5 * len(tasks), 4), squeeze=False
    )
    colors = plt.get_cmap("tab10")(range(10))
    for axes, task in zip(panels[0], tasks, strict=True):
        means = {
            (row["model"], row["variant"], row["metric"]): row["mean"]
            for row in rows
            if row["task"] == task
        }
        for model, color in zip(models, colors, strict=False):
            points = sorted(
                (means[model, variant, "recall@10"], speed)
                for (name, variant, metric), speed in means.items()
                if name == model and metric == SPEED
            )
            if points:
                axes.plot(
                    *zip(*points, strict=True), "o-", color=color, label=model
                )
        axes.set_yscale("log")
        axes.set_title(task, fontsize=10)
        axes.set_xlabel("recall@10")
    panels[0][0].set_ylabel(SPEED)
    panels[0][-1].legend(fontsize=8, frameon=False)
    with files.replaced(path) as unfinished:
        figure.savefig(unfinished, dpi=150, bbox_inches="tight")
    plt.close(figure)
