"""Learning curves of networks on bAbI."""

import numpy as np
from matplotlib import pyplot as plt

from experiments import plots


def plot_curves(curves, path):
    """Validation error by epoch; one line a name, the mean over seeds.

    Args:
        curves: for each name, a list of the accuracies (0 to 1) by epoch of
            every seed.
        path: the PNG file to write.
    """
    figure, axes = plt.subplots(figsize=(8, 4.5))
    colors = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(curves)))
    for (name, seeds), color in zip(curves.items(), colors, strict=True):
        shortest = min(map(len, seeds))
        errors = 100 - 100 * np.array([seed[:shortest] for seed in seeds])
        epochs = np.arange(1, shortest + 1)
        axes.plot(epochs, errors.mean(axis=0), color=color, label=name)
        if len(curves) == 1:
            axes.plot(epochs, errors.T, color=color, alpha=0.3, linewidth=0.6)
    axes.set_xlabel("epoch")
    axes.set_ylabel("validation error, %")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=7, ncols=1 + len(curves) // 11)
    plots.write(figure, path)
