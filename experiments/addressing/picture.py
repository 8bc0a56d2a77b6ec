"""Errors by addressing, by memories and by hops, in one picture."""

from matplotlib import pyplot as plt

from experiments import plots

_COLORS = plt.get_cmap("tab10")


def draw(rows, path):
    """A panel of bars a task; below, lines against memories and hops.

    Args:
        rows: the driver's rows.
        path: the PNG file to write.
    """
    rows = [
        row
        for row in rows
        if row["metric"] == "error %" and row["read_by"] is None
    ]
    names = list(dict.fromkeys(row["addressing"] for row in rows))
    bars = _panels([row for row in rows if row["memories"] is None], hops=3)
    lines = [
        ("memories", task, panel)
        for task, panel in _panels([row for row in rows if row["memories"]])
    ] + [
        ("hops", task, panel)
        for task, panel in _panels([row for row in rows if not row["memories"]])
        if any(row["hops"] != 3 for row in panel)
    ]
    heights = [1] * bool(bars) + [1] * bool(lines)
    figure = plt.figure(
        figsize=(
            1.5 + 2.3 * max(len(bars), len(lines)),
            0.8 + (0.3 * len(names) + 1) * len(heights),
        ),
        layout="constrained",
    )
    parts = list(figure.subfigures(len(heights), 1, squeeze=False)[:, 0])
    if bars:
        _draw_bars(parts.pop(0), bars, names)
    if lines:
        _draw_lines(parts.pop(0), lines, names)
    plots.write(figure, path)


def _panels(rows, hops=None):
    """The rows of every task, as pairs."""
    rows = [row for row in rows if hops in (None, row["hops"])]
    return [
        (task, [row for row in rows if row["base"] == task])
        for task in dict.fromkeys(row["base"] for row in rows)
    ]


def _draw_bars(figure, panels, names):
    every = figure.subplots(
        1, len(panels), sharex=True, sharey=True, squeeze=False
    )[0]
    for axes, (task, rows) in zip(every, panels, strict=True):
        places = [names.index(row["addressing"]) for row in rows]
        axes.barh(
            places,
            [row["mean"] for row in rows],
            xerr=[row["sd"] for row in rows],
            color=[_COLORS(place) for place in places],
            error_kw={"linewidth": 0.8},
        )
        axes.set_title(task, fontsize=10)
        axes.set_xlabel("test error, %")
        axes.spines[["top", "right"]].set_visible(False)
    every[0].set_xlim(left=0)  # once all are drawn: it ends the scaling
    every[0].set_yticks(range(len(names)), names)
    every[0].invert_yaxis()


def _draw_lines(figure, panels, names):
    every = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (against, task, rows) in zip(every, panels, strict=True):
        for number, name in enumerate(names):
            own = [row for row in rows if row["addressing"] == name]
            if len(own) < 2:
                continue
            own.sort(key=lambda row: row[against])
            axes.errorbar(
                [row[against] for row in own],
                [row["mean"] for row in own],
                [row["sd"] for row in own],
                marker="o",
                markersize=3,
                capsize=2,
                linewidth=1.2,
                color=_COLORS(number),
            )
        ticks = sorted({row[against] for row in rows})
        if against == "memories":
            axes.set_xscale("log")
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.minorticks_off()
        axes.set_title(task, fontsize=10)
        axes.set_xlabel(against)
        axes.spines[["top", "right"]].set_visible(False)
    every[0].set_ylim(bottom=0)
    every[0].set_ylabel("test error, %")
