"""How well do memory networks lead the conversations of dialog bAbI?

    python -m experiments.dialog_babi --manual_dir=data --seeds=3

trains MemN2N and the query-reduction network, without and with match types,
on each of the six tasks, and goes on where it was stopped. The published mean
errors of responses in tasks 1 to 5 are 13.9% and 5.5%, with match types 6.7%
and 1.5%; of dialogs with entities that training does not have, 30.3% and
11.1%, with match types 11.2% and 2.3%.

The networks choose among all that the bot says in any split, 4,212 responses
in tasks 1 to 5. They know the words of the training split and, with match
types, of the knowledge base. A name is read as the words that it is made of,
`resto_rome_cheap_indian_6stars` as five, where the published networks have a
symbol for each name: which options are left, and which is best, can only so
be learnt of places that training does not have. Of task 6, 1% of the responses
differ from others in punctuation alone, which the networks do not read.
`results.json` has the share of wrong responses and of dialogs with one or more;
`best` is the seed of fewest wrong responses on validation.

With match types, candidates of the query-reduction network are also told which
entity of a type was said last, which the published ones are not.

Expect with match types 1.2% of MemN2N and 0.15% of the query-reduction network,
with entities that training does not have 4.4% and 0.04%; a seed takes 20 to 25
and about 50 minutes on a core beside other work. Without match types expect
2.1% and 29% of MemN2N.
"""

import pathlib
from typing import Any

from absl import app, flags, logging

from experiments import results, runs
from experiments.babi.errors import predictor
from experiments.dialog_babi import data, errors
from experiments.dialog_babi.recipes import RECIPES
from memnet_tf import training

LENGTHS = (8, 16, 32, 48, 64)  # sentences that conversations are padded to

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/dialog_babi", "Folder of runs and results."
)
DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of prepared data; output_dir/data if not given."
)
MANUAL_DIR = flags.DEFINE_string(
    "manual_dir", "data", "Folder of dialog bAbI's folder or archive."
)
MODELS = flags.DEFINE_list("models", list(RECIPES), "What is trained.")
MATCH = flags.DEFINE_enum(
    "match", "both", ["without", "with", "both"], "Match types."
)
TASKS = flags.DEFINE_list(
    "tasks", [str(task) for task in range(1, 7)], "Numbers of the tasks."
)
SEEDS = flags.DEFINE_integer("seeds", 3, "Number of seeds.", lower_bound=1)
FIRST_SEED = flags.DEFINE_integer("first_seed", 0, "The first seed.")
EPOCHS = flags.DEFINE_integer(
    "epochs", None, "Epochs of every training, instead of its own."
)


class Trainer(runs.Trainer):
    """Trains a recipe on a task, with one seed after the other.

    Args:
        recipe: a `Recipe`.
        match: whether there are match types.
        task: 1 to 6.
        store: a `runs.Runs`.
    """

    def __init__(self, recipe, match, task, store):
        name = recipe.model, variant(match), f"task {task}"
        super().__init__(recipe, name, store)
        self.match = match
        self.task = task

    def fit(self, run, seed, callbacks):
        return self.store.train(
            self.network,
            *self.encoded["train"],
            self.measure,
            *run,
            callbacks=callbacks,
            validation_data=self.encoded["validation"],
            validation_batch_size=500,
            batch_size=self.recipe.batch_size,
            epochs=EPOCHS.value or self.recipe.epochs,
        )

    def measure(self, network):
        """Errors of the network, see `errors.measure`."""
        return errors.measure(self.predict, self.encoded, self.dialogs)

    def prepare(self):
        folder = pathlib.Path(OUTPUT_DIR.value) / "data"
        task = data.load(
            self.task, DATA_DIR.value or str(folder), MANUAL_DIR.value
        )
        self.network = self.recipe.build(**data.sizes(task, self.match))
        self.encoded = data.encode(self.network, task)
        self.dialogs = {
            split: x["dialog"] for split, (x, _) in task.splits.items()
        }
        self.predict = predictor(self.network)


class MixtureTrainer(Trainer):
    """The same with batches of conversations of like length."""

    def prepare(self):
        super().prepare()
        self.trainer = training.MixtureTrainer(
            self.network, self.recipe.batch_size, long=data.MOST_MEMORIES
        )

    def fit(self, run, seed, callbacks):
        mixtures = [
            training.Mixture({str(self.task): self.encoded[split]}, LENGTHS)
            for split in ("train", "validation")
        ]
        return self.store.train(
            self.network,
            *mixtures,
            self.measure,
            *run,
            callbacks=callbacks,
            fit=self.trainer.fit,
            epochs=EPOCHS.value or self.recipe.epochs,
            seed=seed,
            by_loss=False,
        )


TRAINERS = {"shuffled": Trainer, "like_length": MixtureTrainer}


def variant(match):
    """Its name."""
    return "with match types" if match else "without match types"


def main(_):
    logging.set_verbosity(logging.WARNING)
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    store = runs.Runs(output_dir)
    tasks = sorted(map(int, TASKS.value))
    seeds = range(FIRST_SEED.value, FIRST_SEED.value + SEEDS.value)
    matches = [m for m in ("without", "with") if MATCH.value in (m, "both")]
    kinds = [(m, match == "with") for m in MODELS.value for match in matches]
    rows, seconds = [], 0.0
    with runs.progress_bar() as progress:
        bar = progress.add_task("", total=len(kinds) * len(tasks) * len(seeds))
        for model, match in kinds:
            recipe = RECIPES[model]()
            found: dict[int, list[Any]] = {task: [] for task in tasks}
            for task in tasks:
                chosen = recipe.tasks.get(task, recipe)
                trainer = TRAINERS[chosen.batches](chosen, match, task, store)
                for seed in seeds:
                    name = (
                        f"{recipe.model} {variant(match)}, task {task}, seed "
                        f"{seed}"
                    )

                    def show(what, name=name):
                        progress.update(bar, description=f"{name}: {what}")

                    show("begins")
                    found[task].append(trainer.train(seed, show))
                    seconds += found[task][-1]["seconds"]
                    progress.advance(bar)
            rows += errors.rows(recipe.model, variant(match), match, found)
    print(results.table(results.add(output_dir, rows, seconds)))


if __name__ == "__main__":
    app.run(main)
