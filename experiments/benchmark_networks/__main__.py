"""How many examples per second does each network of the zoo train on a CPU?

Every network of `experiments.zoo`, of the size it has there (50 units, 3 hops
where it has hops), on random ids: stories of up to 50 sentences of 7 words, by
`fit` as the library ships it, with Adam; so does `GenerativeMemN2N`, which says
a sentence. `DifferentiableNeuralComputer` copies up to 20 items in 41 steps,
and an example of `MemN2NLanguageModel` is a word of a text (150 units, 6 hops,
100 memories). Beside some, the same network written by hand in PyTorch, eager:
the same weights and batch give the same loss.

    pip install memnet_tf[benchmark]
    python -m experiments.benchmark_networks

takes five minutes on 2 cores. Each network trains in a process of its own, one
at a time, in rounds of rotating order. Without PyTorch, its rows are left out.
"""

import contextlib
import importlib.util
import pathlib
import statistics
import time

import matplotlib

matplotlib.use("Agg")  # draws to files, without a screen

from absl import app, flags
from matplotlib import pyplot as plt

from experiments import results
from experiments.benchmark_networks.networks import NAMES
from experiments.benchmark_networks.worker import FIT, TORCH, trainer
from experiments.benchmark_training.setting import PAPER
from experiments.benchmark_training.worker import Worker, measure
from memnet_tf import files

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/benchmark_networks", "Folder of results."
)
REPEATS = flags.DEFINE_integer(
    "repeats", 5, "Measurements of each network.", lower_bound=1
)
SECONDS = flags.DEFINE_float(
    "seconds", 2.0, "About how long a measurement trains.", lower_bound=0
)
EXAMPLES = flags.DEFINE_integer(
    "examples", 1024, "Examples in an epoch.", lower_bound=32
)
BATCH_SIZE = flags.DEFINE_integer(
    "batch_size", 32, "Examples a step.", lower_bound=1
)
ONLY = flags.DEFINE_list("only", [], "Networks to measure; all if empty.")

TWINS = "KeyValueMemNN", "RecurrentEntityNetwork", "QueryReductionNetwork"


def main(_):
    unknown = set(ONLY.value) - set(NAMES)
    if unknown:
        raise app.UsageError(
            f"Expected networks among {NAMES}. Received: {sorted(unknown)}"
        )
    if EXAMPLES.value % BATCH_SIZE.value:
        raise app.UsageError(
            "Expected --examples to be a multiple of --batch_size. Received: "
            f"{EXAMPLES.value} and {BATCH_SIZE.value}"
        )
    started = time.monotonic()
    variants = [(name, FIT) for name in ONLY.value or NAMES]
    variants += [(name, TORCH) for name, _ in twins(variants)]
    task = f"batch {BATCH_SIZE.value}"
    with contextlib.ExitStack() as stack:
        workers = {
            variant: stack.enter_context(
                Worker(variant, EXAMPLES.value, trainer)
            )
            for variant in variants
        }
        measured = measure(
            workers,
            {task: (PAPER, BATCH_SIZE.value)},
            REPEATS.value,
            SECONDS.value,
        )
    rows = [
        results.row(
            name,
            way,
            task,
            "examples per second",
            speeds,
            median=statistics.median(speeds),
        )
        for ((name, way), _), speeds in measured.items()
    ]
    rows.sort(key=lambda row: NAMES.index(row["model"]))
    results.write(
        OUTPUT_DIR.value,
        rows,
        time.monotonic() - started,
        packages=("torch",),
    )
    draw(rows, pathlib.Path(OUTPUT_DIR.value) / "speeds.png")
    print(results.table(rows))


def twins(variants):
    """Those of `variants` that are also written in PyTorch, if it is there."""
    found = [variant for variant in variants if variant[0] in TWINS]
    if found and importlib.util.find_spec("torch") is None:
        print("Skipping PyTorch: pip install memnet_tf[benchmark]")
        return []
    return found


def draw(rows, path):
    """A bar chart of the medians."""
    names = list(dict.fromkeys(row["model"] for row in rows))
    figure, axes = plt.subplots(
        figsize=(8, 1.4 + 0.4 * len(names)), layout="constrained"
    )
    for number, way in enumerate((FIT, TORCH)):
        of_way = [row for row in rows if row["variant"] == way]
        bars = axes.barh(
            [names.index(row["model"]) + 0.4 * number - 0.2 for row in of_way],
            [row["median"] for row in of_way],
            0.4,
            label=way,
            color=plt.get_cmap("viridis")(0.15 + 0.5 * number),
        )
        axes.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("examples per second")
    axes.set_title(f"Training the zoo, {rows[0]['task']}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    with files.replaced(path) as unfinished:
        figure.savefig(unfinished, dpi=150, format="png")
    plt.close(figure)


if __name__ == "__main__":
    app.run(main)
