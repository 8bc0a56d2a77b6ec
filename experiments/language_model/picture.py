"""What the hops of language models read, by distance."""

import numpy as np
from matplotlib import pyplot as plt

from experiments import plots


def plot_distances(addresses, path):
    """Mean addresses by distance, as figure 3 of the paper: a panel a network.

    Every row, a hop, is shown in parts of its highest value.

    Args:
        addresses: a dict by the name of the network, of `(K, S)` with the
            word just before first.
        path: the PNG file to write.
    """
    hops = [len(of_network) for of_network in addresses.values()]
    figure, panels = plt.subplots(
        len(addresses),
        figsize=(8, sum(hops) * 0.25 + len(hops) * 0.9),
        height_ratios=hops,
        layout="constrained",
        squeeze=False,
    )
    for axes, (name, rows) in zip(panels[:, 0], addresses.items(), strict=True):
        axes.imshow(
            rows / np.max(rows, axis=1, keepdims=True),
            cmap="Blues",
            vmin=0,
            vmax=1,
            aspect="auto",
            interpolation="none",
            extent=(0.5, rows.shape[1] + 0.5, len(rows) + 0.5, 0.5),
        )
        axes.set_yticks(range(1, len(rows) + 1))
        axes.set_ylabel("hop")
        axes.set_title(name, fontsize=10, loc="left")
        axes.tick_params(length=0)
    panels[-1, 0].set_xlabel("words back")
    plots.write(figure, path)


def plot_curves(curves, path):
    """Validation perplexity by epoch.

    Args:
        curves: a dict by the name of the network, of lists of cross
            entropies by epoch, one a seed.
        path: the PNG file to write.
    """
    figure, axes = plt.subplots(figsize=(8, 4.5))
    colors = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(curves)))
    for (name, seeds), color in zip(curves.items(), colors, strict=True):
        for number, costs in enumerate(seeds):
            label = name if not number else None
            epochs = range(1, len(costs) + 1)
            axes.plot(epochs, np.exp(costs), color=color, label=label)
    axes.set_xlabel("epoch")
    axes.set_ylabel("validation perplexity")
    axes.set_yscale("log")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    plots.write(figure, path)
