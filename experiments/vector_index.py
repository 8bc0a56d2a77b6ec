"""What does a memory in a vector index do for a network?

VectorIndexMemoryNetwork on four tasks: rare keys seen thousands of inputs
before, classes never seen in training, a regime that comes back, and the
simulated world told by the thousand statements. Beside it the same network
without a memory, and the nearest neighbour among as many of the newest
inputs as the network has slots.

    python -m experiments.vector_index --data_dir=data

takes about an hour on 1 core and goes on where it was stopped. Expect
the network far above the one without memory on every task. It is far above
the nearest neighbour where memories have to last (recall, regime), because
an input is written over what is like it and leaves the rest. In the simulated
world it is only as good: it does not learn to give every actor a slot. So it
is with one drawing of each class; with 5 or 10 the plain comparison of images
is better.
"""

import pathlib

import keras
import numpy as np
from absl import app, flags, logging

from experiments import plots, results, runs
from experiments import vector_index_tasks as tasks
from memnet_tf import models

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/vector_index", "Folder of runs and results."
)
DATA_DIR = flags.DEFINE_string(
    "data_dir", "data", "Folder of mnist_70000x784_u8.npz."
)
SEEDS = flags.DEFINE_integer("seeds", 5, "Number of seeds.")
FIRST_SEED = flags.DEFINE_integer("first_seed", 0, "The first seed.")
ONLY = flags.DEFINE_list("only", [], "Tasks to train; all if empty.")
EPOCHS = flags.DEFINE_integer(
    "epochs", None, "Epochs of every training, instead of its own."
)

MODEL = "VectorIndexMemoryNetwork"
VARIANTS = ("with memory", "without memory", "nearest neighbour")
TASKS = {  # that need no data
    "recall": tasks.recall,
    "regime": tasks.regime,
    "simulated world": tasks.simulated_world,
}
NAMES = ("recall", "few-shot", "regime", "simulated world")
BATCH = 32


def make(name, seed):
    """A task, made by a seed; None where its data is absent."""
    rng = np.random.default_rng(seed)
    if name != "few-shot":
        return TASKS[name](rng)
    path = pathlib.Path(DATA_DIR.value) / "mnist_70000x784_u8.npz"
    return tasks.few_shot(rng, path) if path.exists() else None


def train(task, variant, store, *run):
    """Trains a variant; returns its results by test, and the seconds."""
    with_memory = variant == "with memory"
    keras.utils.set_random_seed(int(run[-1].split()[-1]))
    arguments = dict(task.network)
    if not with_memory:
        # Nothing is written, so zeros are read.
        arguments["initial"] = "empty"
    network = models.VectorIndexMemoryNetwork(**arguments)
    epochs = EPOCHS.value or task.epochs
    steps = -(-len(task.train.inputs) // BATCH) * epochs
    network.compile(
        keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(task.learning_rate, steps)
        ),
        _loss(task.metric),
        jit_compile=True,
        steps_per_execution=10,
    )

    def evaluate(network):
        return {
            test: tasks.measure(
                task.metric,
                episodes,
                network.predict(
                    _inputs(episodes, with_memory), batch_size=64, verbose=0
                ),
            )
            for test, episodes in task.tests.items()
        }

    return store.train(
        network,
        _inputs(task.train, with_memory),
        _targets(task),
        evaluate,
        *run,
        sample_weight=task.train.asked,
        batch_size=BATCH,
        epochs=epochs,
    )


def _loss(metric):
    if metric == "accuracy":
        return keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )
    return keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")


def _inputs(episodes, with_memory):
    written = episodes.written & with_memory
    return {"inputs": episodes.inputs, "written": written}


def _targets(task):
    targets = task.train.targets
    return targets if task.metric == "accuracy" else targets[..., None]


def result(name, variant, seed, loaded, store):
    """The results of a run by test; None where there is no data."""
    run = name, variant, f"seed {seed}"
    found = store.result(*run)
    if found is not None:
        return found
    if (name, seed) not in loaded:
        loaded.clear()  # one task in memory at a time
        loaded[name, seed] = make(name, seed)
    task = loaded[name, seed]
    if task is None:
        return None
    if variant == "nearest neighbour":
        return {
            test: tasks.nearest_neighbour(task, episodes)
            for test, episodes in task.tests.items()
        }
    return train(task, variant, store, *run)


def rows_of(name, variant, found):
    """A row for each test of a task."""
    metric = "error" if name == "regime" else "accuracy"
    tests = [t for t in found[0] if t not in ("seconds", "history")]
    return [
        results.row(
            MODEL,
            variant,
            test,
            metric,
            [one[test] for one in found],
            seconds=round(sum(one.get("seconds", 0) for one in found), 1),
        )
        for test in tests
    ]


def main(_):
    logging.set_verbosity(logging.WARNING)
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    store = runs.Runs(output_dir)
    seeds = range(FIRST_SEED.value, FIRST_SEED.value + SEEDS.value)
    chosen = [name for name in NAMES if not ONLY.value or name in ONLY.value]
    rows, loaded = [], {}
    with runs.progress_bar() as progress:
        total = len(chosen) * len(VARIANTS) * len(seeds)
        bar = progress.add_task("", total=total)
        for name in chosen:
            found = {variant: [] for variant in VARIANTS}
            for seed in seeds:
                for variant in VARIANTS:
                    progress.update(bar, description=f"{name}, {variant}")
                    one = result(name, variant, seed, loaded, store)
                    found[variant].append(one)
                    progress.advance(bar)
            if None in found[VARIANTS[0]]:
                print(f"{name} is left out: no images in {DATA_DIR.value}")
                continue
            for variant in VARIANTS:
                rows += rows_of(name, variant, found[variant])
    seconds = sum(row["seconds"] for row in rows)
    results.write(output_dir, rows, seconds)
    accuracies = [row for row in rows if row["metric"] == "accuracy"]
    if accuracies:
        plots.plot_accuracies(accuracies, output_dir / "accuracy.png")
    print(results.table(rows))


if __name__ == "__main__":
    app.run(main)
