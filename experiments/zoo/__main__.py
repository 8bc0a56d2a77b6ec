"""What does each network of the zoo learn, of one budget?

Every network has the same questions (bAbI tasks with 1,000, a tenth of them
for validation; a simulated world with 3,000), 3 hops where it has hops, and
1,700 steps of 32 questions by Adam; 50 units, but MemNN 100 and the two-reader
network 96 in its second reader. The learning rate falls as a
cosine from 0.001, 0.003 or 0.01, whichever leaves the first seed with the
fewest validation errors on the task. Networks with a linear start have it for
a third of the steps. MemNN alone is told which sentences support an answer.

    python -m experiments.zoo --manual_dir=data --seeds=3

trains on tasks 1 and 2 and the simulated world, an hour and a half on a core
beside other work, and goes on where it was stopped. Expect hardly an error on
task 1; on task 2 an error of 2% of the query-reduction network, of 10 to 12% of
MemN2N and the gated one, and more of the others but MemNN. With so little of
each, networks differ in how fast they learn more than in what they can learn:
`experiments.babi` trains each with its own recipe.

Rows: `error %` of test questions, `parameters`, and `seconds` of a training.
"""

import pathlib

import numpy as np
from absl import app, flags, logging

from experiments import results, runs
from experiments.addressing import data
from experiments.zoo import picture
from experiments.zoo.networks import ENTRIES
from experiments.zoo.trainer import RATES, Texts, Trainer

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/zoo", "Folder of runs and results."
)
DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of prepared data; output_dir/data if not given."
)
MANUAL_DIR = flags.DEFINE_string(
    "manual_dir", "data", "Folder of bAbI's folder or archive."
)
TASKS = flags.DEFINE_list(
    "tasks", ["1", "2", "world"], f"Some of {', '.join(data.TASKS)}."
)
ONLY = flags.DEFINE_list("only", [], "Networks to train; all if empty.")
SEEDS = flags.DEFINE_integer("seeds", 3, "Number of seeds.", lower_bound=1)
FIRST_SEED = flags.DEFINE_integer("first_seed", 0, "The first seed.")
STEPS = flags.DEFINE_integer(
    "steps", 1700, "Steps of a training.", lower_bound=1
)


def check_flags():
    """Raises a `UsageError` where a flag holds what is not known."""
    names = [entry.name for entry in ENTRIES]
    for flag, values, known in (
        ("tasks", TASKS.value, data.TASKS),
        ("only", ONLY.value, names),
    ):
        if not set(values) <= set(known):
            raise app.UsageError(
                f"Expected --{flag} to be some of {', '.join(known)}. "
                f"Received: {', '.join(values)}"
            )


def train(entry, task, texts, store, show, advance):
    """Trains every seed, with the learning rate that suits the first.

    Returns:
        The rate, the results of the seeds, and the seconds of all trainings,
        those with other rates among them.
    """
    seeds = range(FIRST_SEED.value, FIRST_SEED.value + SEEDS.value)

    def trained(trainer, seed):
        def say(what):
            show(f"{entry.name}, {data.name(task)}, seed {seed}: {what}")

        result = trainer.train(seed, say)
        advance()
        return result

    trainers = [
        Trainer(entry, rate, task, STEPS.value, texts, store) for rate in RATES
    ]
    firsts = [trained(trainer, seeds[0]) for trainer in trainers]
    chosen = int(np.argmin([first["validation"] for first in firsts]))
    others = [trained(trainers[chosen], seed) for seed in seeds[1:]]
    seconds = sum(result["seconds"] for result in (*firsts, *others))
    return RATES[chosen], [firsts[chosen], *others], seconds


def rows_of(entry, task, rate, found):
    """The rows of a network on a task."""
    best = int(np.argmin([result["validation"] for result in found]))
    for metric, name in (
        ("error %", "test"),
        ("parameters", "parameters"),
        ("seconds", "seconds"),
    ):
        more = {"best": found[best]["test"]} if name == "test" else {}
        # Every seed has as many weights.
        of_seeds = found[:1] if name == "parameters" else found
        yield results.row(
            entry.name,
            entry.variant,
            data.name(task),
            metric,
            [result[name] for result in of_seeds],
            rate=rate,
            **more,
        )


def main(_):
    logging.set_verbosity(logging.WARNING)
    check_flags()
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    texts = Texts(DATA_DIR.value or str(output_dir / "data"), MANUAL_DIR.value)
    store = runs.Runs(output_dir)
    entries = [e for e in ENTRIES if not ONLY.value or e.name in ONLY.value]
    rows, seconds = [], 0.0
    with runs.progress_bar() as progress:
        each = len(RATES) - 1 + SEEDS.value
        bar = progress.add_task(
            "", total=each * len(entries) * len(TASKS.value)
        )
        for task in TASKS.value:
            for entry in entries:
                rate, found, more = train(
                    entry,
                    task,
                    texts,
                    store,
                    lambda what: progress.update(bar, description=what),
                    lambda: progress.advance(bar),
                )
                rows += rows_of(entry, task, rate, found)
                seconds += more
    names = [entry.name for entry in ENTRIES]
    rows.sort(key=lambda row: names.index(row["model"]))
    results.write(output_dir, rows, seconds)
    picture.draw(rows, output_dir / "zoo.png")
    print(results.table([row for row in rows if row["metric"] == "error %"]))


if __name__ == "__main__":
    app.run(main)
