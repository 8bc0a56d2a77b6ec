"""How many examples per second does MemN2N train on a CPU?

MemN2N at its paper's size (3 hops, adjacent, position and time encoding,
random noise, 20 units, 50 sentences of 7 words, 24 word ids) on random ids,
trained by SGD with gradients of every hop's table clipped to 40: by `fit` as
the library ships it, by `fit` without XLA and one step at a time, by a loop
written by hand that XLA compiles whole, and in PyTorch, eager and compiled.
`bAbI joint 1k` is MemN2N as `experiments.babi` trains it on all tasks: 50
units, 11 words, 174 word ids, a softmax in which empty slots take part, and
batches of 32.

    pip install memnet_tf[benchmark]
    python -m experiments.benchmark_training --output_dir=output/benchmark

takes five minutes on 2 cores. Each implementation runs in a
process of its own, one at a time, in rounds of rotating order. Expect `fit`
within a factor of 1.5 of the XLA loop, five times as fast as `fit plain` and
as PyTorch eager, or two and a half times as fast where the PyTorch network
is rewritten to its fastest form (`torch eager bags`, sentences as bags of
words times the embeddings, which `torch compile` takes too). Without
PyTorch, or a C++ compiler for `torch.compile`, those rows are left out.

Where `--babi_dir` has MemN2N's joint training on 1k by `experiments.babi`,
there are rows of the seconds until the paper's error of 12.4% on validation, or
the first error that all its seeds reached: the questions it had seen by then at
the speed that is measured here.
"""

import contextlib
import importlib.util
import os
import pathlib
import shutil
import statistics
import time

import matplotlib

matplotlib.use("Agg")  # draws to files, without a screen

import rich.console
import rich.markdown
import rich.table
from absl import app, flags
from matplotlib import pyplot as plt

from experiments import results
from experiments.benchmark_training import time_to_error
from experiments.benchmark_training.setting import JOINT, PAPER
from experiments.benchmark_training.worker import VARIANTS, Worker, measure
from memnet_tf import files

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/benchmark_training", "Folder of results."
)
REPEATS = flags.DEFINE_integer(
    "repeats", 5, "Measurements of each variant.", lower_bound=1
)
SECONDS = flags.DEFINE_float(
    "seconds", 2.0, "About how long a measurement trains.", lower_bound=0
)
EXAMPLES = flags.DEFINE_integer(
    "examples", 5120, "Examples in an epoch.", lower_bound=128
)
BATCH_SIZES = flags.DEFINE_multi_integer(
    "batch_size", [32, 128], "Examples a step."
)
ONLY = flags.DEFINE_list("only", [], "Variants to measure; all if empty.")

BABI_DIR = flags.DEFINE_string(
    "babi_dir", "output/babi", "Folder that experiments.babi wrote."
)

JOINT_TASK = "bAbI joint 1k"
JOINT_BATCH_SIZE = 32
CONSOLE = rich.console.Console()


def main(_):
    unknown = set(ONLY.value) - set(VARIANTS)
    if unknown:
        raise app.UsageError(
            f"Expected variants among {list(VARIANTS)}. "
            f"Received: {sorted(unknown)}"
        )
    tasks = {
        **{f"batch {size}": (PAPER, size) for size in BATCH_SIZES.value},
        JOINT_TASK: (JOINT, JOINT_BATCH_SIZE),
    }
    if any(EXAMPLES.value % size for _, size in tasks.values()):
        raise app.UsageError(
            "Expected --examples to be a multiple of every --batch_size and "
            f"of {JOINT_BATCH_SIZE}. Received: {EXAMPLES.value} and "
            f"{BATCH_SIZES.value}"
        )
    started = time.monotonic()
    variants = [name for name in ONLY.value or VARIANTS if not skipped(name)]
    with contextlib.ExitStack() as stack:
        workers = {
            name: stack.enter_context(Worker(name, EXAMPLES.value))
            for name in variants
        }
        measured = measure(workers, tasks, REPEATS.value, SECONDS.value)
    rows = [
        results.row(
            "MemN2N",
            variant,
            task,
            "examples per second",
            speeds,
            median=statistics.median(speeds),
        )
        for (variant, task), speeds in measured.items()
    ]
    times = _times(measured)
    results.write(
        OUTPUT_DIR.value,
        rows + times,
        time.monotonic() - started,
        packages=("torch",),
    )
    draw(rows, pathlib.Path(OUTPUT_DIR.value) / "speeds.png")
    CONSOLE.print(table(rows))
    if times:
        CONSOLE.print(rich.markdown.Markdown(results.table(times)))


def skipped(variant):
    """Whether this variant cannot run here; says why."""
    if not variant.startswith("torch"):
        return False
    reason = None
    if importlib.util.find_spec("torch") is None:
        reason = "it needs PyTorch: pip install memnet_tf[benchmark]"
    elif variant == "torch compile" and not shutil.which(
        os.environ.get("CXX", "g++")
    ):
        reason = "torch.compile needs a C++ compiler, such as g++"
    if reason:
        CONSOLE.print(f"Skipping {variant}: {reason}", markup=False)
    return reason is not None


def _times(measured):
    """Rows of the time to the paper's error, if it is known when that is."""
    speeds = {
        variant: repeats
        for (variant, task), repeats in measured.items()
        if task == JOINT_TASK
    }
    try:
        return time_to_error.rows(BABI_DIR.value, JOINT_TASK, speeds)
    except FileNotFoundError as error:
        CONSOLE.print(
            f"Skipping the time to the paper's error: {error}", markup=False
        )
        return []


def draw(rows, path):
    """A bar chart of the medians."""
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    figure, axes = plt.subplots(
        figsize=(8, 1.4 + 0.5 * len(variants)), layout="constrained"
    )
    height = 0.8 / len(tasks)
    for number, task in enumerate(tasks):
        of_task = [row for row in rows if row["task"] == task]
        bars = axes.barh(
            [
                variants.index(row["variant"]) + (number + 0.5) * height - 0.4
                for row in of_task
            ],
            [row["median"] for row in of_task],
            height,
            label=task,
            color=plt.get_cmap("viridis")(0.15 + 0.5 * number / len(tasks)),
        )
        axes.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8)
    axes.set_yticks(range(len(variants)), variants)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("examples per second")
    axes.set_title("Training MemN2N")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    with files.replaced(path) as unfinished:
        figure.savefig(unfinished, dpi=150, format="png")
    plt.close(figure)


def table(rows):
    """Medians, and how they compare with those of `fit`."""
    medians = {(row["variant"], row["task"]): row["median"] for row in rows}
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    shown = rich.table.Table(title="Examples per second (times fit's)")
    shown.add_column("variant")
    for task in tasks:
        shown.add_column(task, justify="right")
    for variant in dict.fromkeys(row["variant"] for row in rows):
        cells = []
        for task in tasks:
            median, fit = medians[variant, task], medians.get(("fit", task))
            ratio = f" ({median / fit:.2f})" if fit else ""
            cells.append(f"{median:,.0f}{ratio}")
        shown.add_row(variant, *cells)
    return shown


if __name__ == "__main__":
    app.run(main)
