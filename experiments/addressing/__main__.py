"""What does addressing change, with all else the same?

MemN2N with adjacent tying, position encoding and 20 units is trained on bAbI
tasks (1,000 questions, a tenth of them for validation) and on a simulated
world (3,000) by 3,400 steps of Adam, a third of them with linear start. Only
its addressing differs: the best memory alone (hard), taught by margin ranking
with the support or end to end; the softmax; stick-breaking; the softmax over
the best 1, 3 or 10.

    python -m experiments.addressing --manual_dir=data

compares them on tasks 1 and 2 in under ten minutes on one core. Everything,

    python -m experiments.addressing --manual_dir=data \\
        --tasks=1,2,3,16,world --parts=addressing,memories,hops,search

takes over an hour, and goes on where it was stopped. Expect no errors on
task 1 but of top-k 1, whose scores get no gradient; on task 2 7% with support,
10% of softmax and of top-k 3 and 10 in the seeds that leave the linear start
(`best`; in others 50% and more), 20% or 30% of hard without support and 65% of
stick-breaking.

- `addressing`: 3 hops, every addressing on every task.
- `memories`: trained on stories that are filled up to as many as 50 memories
  with sentences about others than the question is; tested on such stories of
  50, 500 and 5,000. Ages are told in fiftieths of a story.
- `hops`: 1 to 4 hops, some addressings, on the tasks of two and three facts.
- `search`: of the networks of `memories`, softmax and top-k 10, with the
  longest stories read through retrieval layers, 10 memories a hop. Needs the
  scann extra.

Rows: `error %` of test questions; `support %`, questions whose supporting
sentences were each the most-read memory of some hop (none, where there are
fewer hops than facts); `entropy`, nats, of addresses, the mean over hops and
questions; `ms a step` of training, the median epoch's, feeding included; `ms a
read` of one question, all hops, in a memory that is encoded and indexed.
"""

import pathlib

from absl import app, flags, logging

from experiments import results, runs
from experiments.addressing import data, picture, rows
from experiments.addressing.settings import PARTS, settings
from experiments.addressing.trainer import Options, Trainer
from experiments.addressing.variants import ADDRESSINGS

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/addressing", "Folder of runs and results."
)
DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of prepared data; output_dir/data if not given."
)
MANUAL_DIR = flags.DEFINE_string(
    "manual_dir", "data", "Folder of bAbI's folder or archive."
)
TASKS = flags.DEFINE_list(
    "tasks", ["1", "2"], f"Some of {', '.join(data.TASKS)}."
)
CHOSEN_PARTS = flags.DEFINE_list(
    "parts", ["addressing"], f"Some of {', '.join(PARTS)}."
)
ONLY = flags.DEFINE_list("only", [], "Addressings to train; all if empty.")
SEEDS = flags.DEFINE_integer("seeds", 5, "Number of seeds.", lower_bound=1)
FIRST_SEED = flags.DEFINE_integer("first_seed", 0, "The first seed.")
STEPS = flags.DEFINE_integer(
    "steps", 3400, "Steps of a training.", lower_bound=1
)
MEMORIES = flags.DEFINE_list(
    "memories",
    ["50", "500", "5000"],
    f"Memories of stretched stories, multiples of {data.MEMORIES}.",
)
QUESTIONS = flags.DEFINE_integer(
    "questions", 200, "Test questions of stretched stories.", lower_bound=1
)


def check_flags():
    """Raises a `UsageError` where a flag holds what is not known."""
    for name, values, known in (
        ("tasks", TASKS.value, data.TASKS),
        ("parts", CHOSEN_PARTS.value, PARTS),
        ("only", ONLY.value, [addressing.name for addressing in ADDRESSINGS]),
    ):
        if not set(values) <= set(known):
            raise app.UsageError(
                f"Expected --{name} to be some of {', '.join(known)}. "
                f"Received: {', '.join(values)}"
            )
    if any(int(memories) % data.MEMORIES for memories in MEMORIES.value):
        raise app.UsageError(
            f"Expected --memories to be multiples of {data.MEMORIES}. "
            f"Received: {', '.join(MEMORIES.value)}"
        )


def main(_):
    logging.set_verbosity(logging.WARNING)
    check_flags()
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    options = Options(
        STEPS.value,
        tuple(map(int, MEMORIES.value)),
        QUESTIONS.value,
        DATA_DIR.value or str(output_dir / "data"),
        MANUAL_DIR.value,
    )
    trainer = Trainer(options, runs.Runs(output_dir))
    seeds = range(FIRST_SEED.value, FIRST_SEED.value + SEEDS.value)
    parts = [
        (part == "search", setting)
        for part in CHOSEN_PARTS.value
        for setting in settings(part, TASKS.value, ONLY.value)
    ]
    parts = list(dict.fromkeys(parts))  # hops has some of addressing, too
    every, seconds = [], 0.0
    with runs.progress_bar() as progress:
        bar = progress.add_task("", total=len(parts) * len(seeds))
        for searched, setting in parts:
            progress.update(bar, description=" ".join(trainer.run(setting, "")))
            train = trainer.search if searched else trainer.train
            found = []
            for result in train(setting, seeds):
                found.append(result)
                seconds += result["seconds"]
                progress.advance(bar)
            of = rows.of_search if searched else rows.of_training
            every += of(setting, found)
    results.write(output_dir, every, seconds, packages=("scann",))
    picture.draw(every, output_dir / "addressing.png")
    print(results.table([row for row in every if row["metric"] == "error %"]))


if __name__ == "__main__":
    app.run(main)
