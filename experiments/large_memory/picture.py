"""F1 against the candidates that are scored for it."""

from matplotlib import pyplot as plt

from experiments import plots


def draw(rows, path):
    """A point for each way to find statements.

    Args:
        rows: the driver's rows.
        path: the PNG file to write.
    """
    value = {(row["model"], row["metric"]): row["mean"] for row in rows}
    figure, axes = plt.subplots(figsize=(6, 4))
    for name in dict.fromkeys(name for name, metric in value if metric == "F1"):
        place = value[name, "candidates scored"], value[name, "F1"]
        axes.plot(*place, "o", markersize=9)
        axes.annotate(
            f"{name}\n{value[name, 'ms a question']:.3g} ms a question",
            place,
            textcoords="offset points",
            xytext=(0, -28),
            ha="center",
            fontsize=9,
        )
    axes.set_xscale("log")
    axes.set_ylim(0, 100)
    axes.margins(x=0.25)
    axes.set_xlabel("candidates scored for a question")
    axes.set_ylabel("F1, %")
    axes.set_title(rows[0]["task"])
    axes.spines[["top", "right"]].set_visible(False)
    plots.write(figure, path)
