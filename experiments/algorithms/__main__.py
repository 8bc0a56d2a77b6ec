"""Does a memory that is written and read learn algorithms, of any length?

`models.DifferentiableNeuralComputer` learns to copy random items and to recall
the item after one that is shown (Graves et al. 2014), of at most 20 items, and
is tested on up to 200, with as many more slots: with the links of Graves et al.
2016, with those and keys that address the 4 best slots alone (Rae et al. 2016),
and without links, by content alone.

    python -m experiments.algorithms --seeds=5

takes two to three minutes a seed to copy and three to five to recall, on a core
beside other work, for each of three networks, and goes on where it was stopped,
after the last whole epoch. Sequences grow to 20 items while they are learnt.
Expect all to be learnt in every seed, 0.3% of wrong bits and less; copying to
go on past the trained lengths with links, without an error at 50 items; and
recall to go on in all three, to 1% at 100 items and 3 to 6% at 200.
`errors.png` shows the error by the number of items, `addresses.png` where one
sequence of 20 items was written and read.
"""

import functools
import pathlib

from absl import app, flags, logging

from experiments import results, runs
from experiments.algorithms import picture, training

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/algorithms", "Folder of runs and results."
)
SEEDS = flags.DEFINE_integer("seeds", 5, "Number of seeds.", lower_bound=1)
FIRST_SEED = flags.DEFINE_integer("first_seed", 0, "The first seed.")
TASKS = flags.DEFINE_multi_enum(
    "task", list(training.TASKS), list(training.TASKS), "What is learned."
)
VARIANTS = flags.DEFINE_multi_enum(
    "variant",
    list(training.VARIANTS),
    list(training.VARIANTS),
    "What is varied of the network.",
)
LONGEST = flags.DEFINE_integer(
    "longest", 20, "Items at most of a training sequence.", lower_bound=2
)
LENGTHS = flags.DEFINE_list(
    "lengths", ["20", "50", "100", "200"], "Items of test sequences."
)
BATCHES = flags.DEFINE_integer(
    "batches", 400, "Batches of an epoch, of 32 sequences each.", lower_bound=1
)
EPOCHS = flags.DEFINE_integer(
    "epochs",
    None,
    "Epochs of every training; those of the task if not set.",
    lower_bound=1,
)
MODEL = "DifferentiableNeuralComputer"
METRICS = {"wrong bits, %": "bits", "wrong sequences, %": "sequences"}


def train_all(task, variant, lengths, store, progress):
    """Trains every seed.

    Returns:
        Their results, in order, and the outputs of the best for a sequence.
    """
    epochs = EPOCHS.value or training.TASKS[task].epochs
    network = training.build(variant, LONGEST.value)
    training.prepare(network, epochs * BATCHES.value)
    test = training.Test(task, variant, lengths)
    found = []
    for seed in range(FIRST_SEED.value, FIRST_SEED.value + SEEDS.value):
        label = f"{task}, {variant}, seed {seed}"
        bar = progress.add_task(label, total=epochs)
        run = task, variant, f"seed {seed}"
        result = store.result(*run)
        if result is None:
            lessons = training.Lessons(
                task, LONGEST.value, seed, BATCHES.value, epochs
            )
            result = train(network, test, lessons, run, store, progress, bar)
        progress.update(bar, completed=epochs)
        found.append(result)
    shortest = str(lengths[0])
    best = min(range(len(found)), key=lambda n: found[n]["bits"][shortest])
    trained = store.network(task, variant, f"seed {FIRST_SEED.value + best}")
    return found, test.one_sequence(trained, lengths[0])


def train(network, test, lessons, run, store, progress, bar):
    """The result of a seed that is not done."""
    runs.start_again(network, lessons.seed)

    def show(what, done):
        label = f"{', '.join(run)}: {what}"
        progress.update(bar, description=label, completed=done)

    return store.train(
        network,
        lessons,
        None,
        test.errors,
        *run,
        callbacks=[training.Show(show)],
        fit=functools.partial(training.fit, network),
    )


def rows_of(task, variant, lengths, found):
    """The rows of a network: both errors by the number of items."""
    for metric, name in METRICS.items():
        for length in lengths:
            yield results.row(
                MODEL,
                variant,
                f"{task}, {length} items",
                metric,
                [result[name][str(length)] for result in found],
                of=task,
                training_seconds=[result["seconds"] for result in found],
            )


def main(_):
    logging.set_verbosity(logging.WARNING)
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    store = runs.Runs(output_dir)
    lengths = sorted(map(int, LENGTHS.value))
    rows, shown, seconds = [], {}, 0.0
    with runs.progress_bar() as progress:
        for task in TASKS.value:
            for variant in VARIANTS.value:
                found, sequence = train_all(
                    task, variant, lengths, store, progress
                )
                rows += rows_of(task, variant, lengths, found)
                seconds += sum(result["seconds"] for result in found)
                shown.setdefault(task, sequence)  # of the first variant
    results.write(output_dir, rows, seconds)
    picture.plot_errors(rows, lengths, LONGEST.value, output_dir / "errors.png")
    picture.plot_addresses(shown, output_dir / "addresses.png")
    print(results.table(rows))


if __name__ == "__main__":
    app.run(main)
