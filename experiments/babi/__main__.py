"""How well do memory networks learn the 20 bAbI tasks?

One network for all tasks (joint) or one a task (single), trained on 1,000
or 10,000 questions a task, of which the paper's tenth is for validation.

    python -m experiments.babi --manual_dir=data \\
        --training=joint --size=1k --seeds=3

trains MemN2N as its authors did, but on batches of stories of like length:
about five minutes a seed on one core, with `--size=10k` an hour. It goes on
where it was stopped. The paper's means, 12.4% (joint) and 13.9% (single), are
to be compared with those of the seeds chosen by training error. Expect 12.0%,
joint, and 14.6% with `--training=single`, in half an hour a seed.

    python -m experiments.babi --manual_dir=data --model=memnn \\
        --training=single --size=1k --seeds=1

trains MemNN with the sentences that support an answer (Weston et al. 2015) in
a quarter of an hour. Expect 7.7%; the paper has 6.7%.

    python -m experiments.babi --manual_dir=data --model=two_reader \\
        --training=joint --size=10k --seeds=5

trains `models.TwoReaderNetwork` (docs/two_reader_network.md), whose 35
epochs are 2,000 batches of tasks drawn by their loss: 69 minutes a seed on a
core beside other work, about 45 alone. Expect a mean error of 0.16%, and 7.2%
with `--size=1k`.

    python -m experiments.babi --manual_dir=data --model=recurrent_entity \\
        --training=single --size=1k --tasks=1 --seeds=1 --epochs=25

trains `models.RecurrentEntityNetwork` on task 1 in a minute, to 0.1% errors; so
do `key_value` with `--epochs=30`, to none, and `dynamic_memory_plus` with
`--epochs=60`, to 0.4%. Without `--epochs` they train as long as their recipes
say; with `--size=10k` and all tasks expect 0.6% of `recurrent_entity`, in two
hours on a core beside other work, and 3.4% of `dynamic_memory_plus`, in four,
most of them on tasks 2, 3 and 5: expect 8 to 19% on 3 and 41 to 56% on 16.
(Since that was measured, steps on stories of up to 30 sentences have become 3
times as fast.) `key_value` was not tried on the other tasks yet.

    python -m experiments.babi --manual_dir=data --model=query_reduction \\
        --training=single --size=10k --seeds=1

trains `models.QueryReductionNetwork` in 92 minutes on a core beside other work,
most of it on tasks 2, 3 and 5. Expect a mean error of 0.17%, most of it on task
3 (1.8%). `--model=gated_memn2n` takes half an hour; expect 4.3%, most of it on
tasks 19 (48%), 3 and 17 (12%).

`--model` names these and other networks, and `--control` takes something from
the data: with invented words the errors should stay as they are; with shuffled
answers or an empty memory rise to about those of
`--model=most_frequent_answer`, or a little below, as questions differ within a
task. `results.json` keeps the rows of other models and variants that were run
into the same folder; `tasks.md` has them beside what was published.
"""

import inspect
import pathlib
from typing import Any

import keras
import numpy as np
from absl import app, flags, logging

from experiments import plots, results, runs
from experiments.babi import data, errors, pictures
from experiments.babi.recipes import RECIPES
from memnet_tf import files, training

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/babi", "Folder of runs and results."
)
DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of prepared data; output_dir/data if not given."
)
MANUAL_DIR = flags.DEFINE_string(
    "manual_dir", "data", "Folder of bAbI's folder or archive."
)
MODEL = flags.DEFINE_enum(
    "model",
    "memn2n",
    [*RECIPES, "most_frequent_answer"],
    "What is trained; or, without training, each task's most frequent answer.",
)
TRAINING = flags.DEFINE_enum(
    "training", "joint", ["joint", "single"], "One network, or one a task."
)
SIZE = flags.DEFINE_enum(
    "size", "1k", ["1k", "10k"], "Training questions of a task."
)
TASKS = flags.DEFINE_list(
    "tasks", [str(task) for task in range(1, 21)], "Numbers of the tasks."
)
HOPS = flags.DEFINE_integer("hops", 3, "Reads of the memory.", lower_bound=1)
ADDRESSING = flags.DEFINE_enum(
    "addressing",
    "padded_softmax",
    ["softmax", "padded_softmax", "hard", "top_k", "stick_breaking"],
    "How MemN2N turns scores into addresses.",
)
K = flags.DEFINE_integer("k", None, "Memories that top_k reads.")
SUPPORT = flags.DEFINE_bool(
    "support", False, "Teach MemN2N's hard addressing by the support."
)
LINEAR_START = flags.DEFINE_bool(
    "linear_start", True, "Begin MemN2N without addressing."
)
CONTROL = flags.DEFINE_enum(
    "control", None, list(data.CONTROLS), "What is done to the data."
)
SEEDS = flags.DEFINE_integer("seeds", 10, "Number of seeds.", lower_bound=1)
FIRST_SEED = flags.DEFINE_integer("first_seed", 0, "The first seed.")
EPOCHS = flags.DEFINE_integer(
    "epochs", None, "Epochs of every training, instead of its own."
)
TENSORBOARD = flags.DEFINE_bool(
    "tensorboard", False, "Write logs for TensorBoard."
)
SHOW_TASK = flags.DEFINE_integer(
    "show_task", None, "Task of the story drawn; the first if not given."
)
SHOW_QUESTION = flags.DEFINE_integer(
    "show_question", 0, "Which question of its test split is drawn."
)


# What of a recipe a flag sets; networks differ in what can be set.
OF_RECIPES = {
    "hops": HOPS,
    "addressing": ADDRESSING,
    "k": K,
    "support": SUPPORT,
    "linear_start": LINEAR_START,
    "epochs": EPOCHS,
}


def recipe():
    """The recipe that the flags describe."""
    make = RECIPES[MODEL.value]
    takes = inspect.signature(make).parameters
    for name in sorted({*OF_RECIPES} - {*takes, "epochs"}):
        if OF_RECIPES[name].present:
            raise app.UsageError(
                f"Expected flags that `--model={MODEL.value}` has. Received: "
                f"`--{name}`"
            )
    chosen = {
        name: flag.value for name, flag in OF_RECIPES.items() if name in takes
    }
    return make(joint=TRAINING.value == "joint", **chosen)


def variant(options=()):
    """Its name, such as `"joint 1k, 2 hops"`."""
    control = [CONTROL.value] if CONTROL.value else []
    parts = [f"{TRAINING.value} {SIZE.value}", *options, *control]
    return ", ".join(parts)


class Trainer(runs.Trainer):
    """Trains a recipe on a set of tasks, with one seed after the other.

    Args:
        recipe: a `Recipe`.
        name: what the runs are called.
        store: a `runs.Runs`.
        tasks: a function that returns a dict of texts by task.
    """

    def __init__(self, recipe, name, store, tasks):
        super().__init__(recipe, name, store)
        self.tasks = tasks

    def prepare(self):
        tasks = self.tasks()
        sizes = data.sizes(tasks, self.recipe.most_memories)
        self.recipe = self.recipe.of(list(tasks), longest=sizes[-1])
        if self.recipe.adaptive:
            sizes = *sizes, data.most_supports(tasks)
        self.network = self.recipe.build(*sizes)
        self.encoded = data.encode(self.network, tasks, self.recipe.support)
        self.predict = errors.predictor(self.network)

    def fit(self, run, seed, callbacks):
        return self.store.train(
            self.network,
            *data.together(self.encoded["train"]),
            lambda network: errors.measure(self.predict, self.encoded),
            *run,
            callbacks=[*callbacks, *board(run)],
            validation_data=data.together(self.encoded["validation"]),
            validation_batch_size=1000,
            batch_size=self.recipe.batch_size,
            epochs=EPOCHS.value or self.recipe.epochs,
            solved=self.recipe.solved,
        )


class MixtureTrainer(Trainer):
    """The same with batches of stories of like length."""

    def prepare(self):
        super().prepare()
        self.mixtures = {
            split: training.Mixture(
                {str(task): examples for task, examples in tasks.items()}
            )
            for split, tasks in self.encoded.items()
        }
        del self.encoded  # mixtures hold what is left without padding
        self.trainer = training.MixtureTrainer(
            self.network, self.recipe.batch_size
        )

    def fit(self, run, seed, callbacks):
        return self.store.train(
            self.network,
            self.mixtures["train"],
            self.mixtures["validation"],
            lambda network: {
                split: self.trainer.errors(mixture)
                for split, mixture in self.mixtures.items()
            },
            *run,
            callbacks=[*callbacks, *board(run)],
            fit=self.trainer.fit,
            epochs=EPOCHS.value or self.recipe.epochs,
            solved=self.recipe.solved,
            steps=self.recipe.steps,
            seed=seed,
            by_loss=self.recipe.batches == "by_loss",
            curriculum=self.recipe.curriculum,
        )


TRAINERS = {
    "shuffled": Trainer,
    "like_length": MixtureTrainer,
    "by_loss": MixtureTrainer,
}


def board(run):
    """What writes a run's logs for TensorBoard, if anything."""
    if not TENSORBOARD.value:
        return []
    logs = pathlib.Path(OUTPUT_DIR.value, "tensorboard", *run)
    return [keras.callbacks.TensorBoard(logs, write_graph=False)]


def load(tasks):
    """Texts of tasks, as the control leaves them."""
    data_dir = DATA_DIR.value or str(pathlib.Path(OUTPUT_DIR.value) / "data")
    texts = {
        task: data.load(task, SIZE.value, data_dir, MANUAL_DIR.value)
        for task in tasks
    }
    return data.CONTROLS[CONTROL.value](texts) if CONTROL.value else texts


def train_all(tasks, store):
    """Trains every seed; returns rows, curves, results and seconds."""
    chosen = recipe()
    name = chosen.model, variant(chosen.options)
    joint = TRAINING.value == "joint"
    seeds = range(FIRST_SEED.value, FIRST_SEED.value + SEEDS.value)
    sets = [tasks] if joint else [[task] for task in tasks]
    found: list[dict[str, Any]] = [{} for _ in seeds]
    curves: dict[str, list[list[float]]] = {}
    seconds = 0.0
    with runs.progress_bar() as progress:
        bar = progress.add_task(" ".join(name), total=len(sets) * len(seeds))
        for part in sets:
            label = f"task {part[0]}" if len(part) == 1 else _label(part)
            trainer = TRAINERS[chosen.batches](
                chosen, (*name, label), store, lambda part=part: load(part)
            )
            for seed, by_split in zip(seeds, found, strict=True):

                def show(what, label=label, seed=seed):
                    text = f"{' '.join(name)}, {label}, seed {seed}: {what}"
                    progress.update(bar, description=text)

                result = trainer.train(seed, show)
                for split in data.SPLITS:
                    by_split.setdefault(split, {}).update(result[split])
                curves.setdefault(label, []).append(
                    result["history"]["val_accuracy"]
                )
                seconds += result["seconds"]
                progress.advance(bar)
    rows = errors.rows(*name, tasks, found, joint, simulated(tasks))
    return rows, curves, found, seconds


def simulated(tasks):
    """Whether some of the training questions are simulated."""
    return any(data.is_simulated(task, SIZE.value) for task in tasks)


def _label(tasks):
    every = len(tasks) == 20
    return "all tasks" if every else "tasks " + " ".join(map(str, tasks))


def draw(tasks, found, store, output_dir):
    """Draws what the best seed, by validation, reads of a story, if any."""
    chosen = recipe()
    name = chosen.model, variant(chosen.options)
    task = SHOW_TASK.value or tasks[0]
    joint = TRAINING.value == "joint"
    label = _label(tasks) if joint and len(tasks) > 1 else f"task {task}"
    validation = np.array(
        [[seed["validation"][str(t)] for t in tasks] for seed in found]
    )
    best = errors.choose(validation, joint)[tasks.index(task)]
    network = store.network(*name, label, f"seed {FIRST_SEED.value + best}")
    # A control may look at all the tasks that were trained on together.
    together = tasks if joint and CONTROL.value else [task]
    x, _ = load(together)[task]["test"]
    story = x["story"][SHOW_QUESTION.value][-chosen.most_memories :]
    question = x["question"][SHOW_QUESTION.value]
    if not story:
        return
    answer = network.answer(story, question)
    plots.plot_addresses(story, question, answer, output_dir / "addresses.png")


def main(_):
    logging.set_verbosity(logging.WARNING)
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    tasks = sorted(map(int, TASKS.value))
    seconds = 0.0
    if MODEL.value == "most_frequent_answer":
        texts = load(tasks)
        found = [{split: {} for split in data.SPLITS}]
        for task in tasks:
            error = data.most_frequent_errors(texts[task])
            for split in data.SPLITS:
                found[0][split][str(task)] = error[split]
        rows = errors.rows(
            "most frequent answer",
            variant(),
            tasks,
            found,
            joint=False,
            simulated=simulated(tasks),
        )
    else:
        store = runs.Runs(output_dir)
        rows, curves, found, seconds = train_all(tasks, store)
        pictures.plot_curves(curves, output_dir / "learning_curves.png")
        draw(tasks, found, store, output_dir)
    print(errors.beside_published(rows))
    rows = results.add(output_dir, rows, seconds)
    with files.replaced(output_dir / "tasks.md") as unfinished:
        unfinished.write_text(errors.beside_published(rows))


if __name__ == "__main__":
    app.run(main)
