"""The learning curves of networks of the knowledge base."""

import numpy as np
from matplotlib import pyplot as plt

from experiments import plots


def plot_curves(curves, path):
    """Hits at one on validation by epoch, a colour a network, a line a seed.

    Args:
        curves: a dict by the name of the network, of lists of shares of hits
            by epoch, one a seed.
        path: the PNG file to write.
    """
    figure, axes = plt.subplots(figsize=(8, 4.5))
    colors = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(curves)))
    for (name, seeds), color in zip(curves.items(), colors, strict=True):
        for number, shares in enumerate(seeds):
            label = name if not number else None
            epochs = range(1, len(shares) + 1)
            hits = 100 * np.array(shares)
            axes.plot(epochs, hits, color=color, label=label)
    axes.set_xlabel("epoch")
    axes.set_ylabel("hits@1 on validation, %")
    axes.set_ylim(0, 100)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    plots.write(figure, path)
