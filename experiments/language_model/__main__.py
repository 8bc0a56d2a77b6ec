"""How well does MemN2N say the next word of the Penn Treebank?

`models.MemN2NLanguageModel` of Sukhbaatar et al. 2015 (section 5): 6 hops of
150 units over the last 100 words.

    python -m experiments.language_model --manual_dir=data --seeds=3

trains it in 45 minutes a seed on a core, and goes on where it was stopped,
after the last whole epoch. Expect perplexities of 121.4 on validation and
115.6 on test; the paper's are 122 and 115, the best of ten. The recipe is
Adagrad with a learning rate that falls from 0.1 as a cosine in 11 epochs,
batches of 256 places, gradients of norm 100 at most, and 20% of features left
out. After one epoch the perplexity on validation is 174, where Adam with a
rate of 0.002 had 221 and more, and SGD with 0.02 had 348.

One hop begins with the newest words (see the network). Where ages began all
alike, two seeds had 115.5 and 113.6 on test, and a third, none of whose hops
but one found the words just before, 133.0.

`--recipe=published` is the paper's but for that: batches of 128, SGD with a
rate of 0.01 that is divided by 1.5 after every epoch whose validation cost is
no lower, at most 50 epochs of four minutes; it was not run to the end here. In
either, a batch has runs of 16 places, where each place of the paper's is drawn
by itself (`--places=1`), which takes longer.

Several networks are trained one after the other by `--hops=3,6`;
`attention.png` shows which words each hop reads by their distance, as the
paper's figure 3.

Each trained network is then measured beside a memory of what it read
(`models.MemoryLanguageModel`): of all words of a text, and of `--remembered`
words by each rule of forgetting. How much the memory says is chosen on
validation. Expect 105.9 on test with all words, and 102.1 with the last 2,000;
each takes a minute or more. The last network goes on with `--prompt`.
"""

import functools
import pathlib
from typing import Any

import keras
import numpy as np
from absl import app, flags, logging

from experiments import results, runs
from experiments.language_model import (
    data,
    picture,
    published,
    remembering,
    training,
)

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/language_model", "Folder of runs and results."
)
DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of prepared data; output_dir/data if not given."
)
MANUAL_DIR = flags.DEFINE_string(
    "manual_dir", "data", "Folder of the Penn Treebank's folder or archive."
)
HOPS = flags.DEFINE_list("hops", ["6"], "Reads of the memory, of each network.")
MEMORIES = flags.DEFINE_integer(
    "memories", 100, "Words remembered.", lower_bound=1
)
UNITS = flags.DEFINE_integer(
    "units", 150, "Size of an embedding.", lower_bound=1
)
SEEDS = flags.DEFINE_integer("seeds", 3, "Number of seeds.", lower_bound=1)
FIRST_SEED = flags.DEFINE_integer("first_seed", 0, "The first seed.")
RECIPE = flags.DEFINE_enum(
    "recipe", "adagrad", list(training.RECIPES), "How they are trained."
)
EPOCHS = flags.DEFINE_integer(
    "epochs",
    None,
    "Epochs at most of every training, instead of the recipe's.",
    lower_bound=1,
)
STEPS = flags.DEFINE_integer(
    "steps", None, "Batches an epoch; as many as it has words if not given."
)
BATCH_SIZE = flags.DEFINE_integer(
    "batch_size",
    None,
    "Places a step, instead of the recipe's.",
    lower_bound=1,
)
REMEMBERED = flags.DEFINE_integer(
    "remembered", 2000, "Words in a bounded memory of a text.", lower_bound=1
)
PROMPT = flags.DEFINE_string(
    "prompt", data.END, "What the last network is to go on with."
)
PLACES = flags.DEFINE_integer(
    "places",
    16,
    "Places that follow one another; 1 draws each by itself, as the paper.",
    lower_bound=1,
)
SPLITS = "validation", "test"
MODEL = "MemN2NLanguageModel"
REMEMBERING = "MemoryLanguageModel"


class Show(keras.callbacks.Callback):
    """Shows every batch on the progress bar.

    Args:
        update: function of the number of batches that are done.
        steps: batches an epoch.
    """

    def __init__(self, update, steps):
        super().__init__()
        self.update = update
        self.steps = steps

    def on_epoch_begin(self, epoch, logs=None):
        self.before = epoch * self.steps

    def on_train_batch_end(self, batch, logs=None):
        self.update(self.before + batch + 1)


def train(network, seed, texts, store, name, show, update):
    """The result of a seed: perplexities, seconds and history."""
    run = *name, f"seed {seed}"
    found = store.result(*run)
    if found is not None:
        return found
    recipe = _recipe()
    runs.start_again(network, seed)
    callbacks = [training.Validate(texts["validation"], show)]
    if recipe.annealed:
        network.optimizer.learning_rate = recipe.optimizer(1).learning_rate
        callbacks.append(training.Anneal(texts["validation"]))
    steps = _steps(texts)

    def evaluate(network):
        return {
            split: float(np.exp(training.cross_entropy(network, texts[split])))
            for split in SPLITS
        }

    return store.train(
        network,
        texts["train"],
        None,
        evaluate,
        *run,
        callbacks=[*callbacks, Show(update, steps)],
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        steps_per_epoch=steps,
        seed=seed,
        places=PLACES.value,
    )


def _steps(texts):
    words = len(texts["train"].split())
    return STEPS.value or -(-words // _recipe().batch_size)


def _recipe():
    recipe = training.RECIPES[RECIPE.value]
    return recipe._replace(
        epochs=EPOCHS.value or recipe.epochs,
        batch_size=BATCH_SIZE.value or recipe.batch_size,
    )


def train_all(hops, texts, store, progress):
    """Trains every seed of a network; returns their results, in order."""
    name = MODEL, variant(hops)
    recipe = _recipe()
    steps = recipe.epochs * _steps(texts)
    network = training.build(
        recipe,
        data.vocabulary(texts["train"]),
        MEMORIES.value,
        UNITS.value,
        hops,
        steps,
    )
    found = []
    for seed in range(FIRST_SEED.value, FIRST_SEED.value + SEEDS.value):
        label = f"{hops} hops, seed {seed}"
        bar = progress.add_task(label, total=steps)
        result = train(
            network,
            seed,
            texts,
            store,
            name,
            lambda what, bar=bar, label=label: progress.update(
                bar, description=f"{label}: {what}"
            ),
            lambda done, bar=bar: progress.update(bar, completed=done),
        )
        progress.update(bar, completed=steps)
        found.append(result)
    return found


def variant(hops):
    """Such as `"6 hops, 100 memories, 150 units"`."""
    sizes = f"{MEMORIES.value} memories, {UNITS.value} units"
    recipe = _recipe().name
    return f"{hops} hops, {sizes}" + (f", {recipe}" if recipe else "")


def best(found):
    """The place of the seed of the lowest validation perplexity."""
    return min(range(len(found)), key=lambda n: found[n]["validation"])


def rows_of(hops, found):
    """The rows of a network: perplexity of each split."""
    more: dict[str, Any] = {
        "training_seconds": [result["seconds"] for result in found]
    }
    for split in SPLITS:
        sizes = hops, MEMORIES.value, UNITS.value
        known = published.perplexity(split, *sizes)
        if known is not None:
            more["published"] = known
        yield row(MODEL, variant(hops), split, found, **more)


def row(model, name, split, found, **more):
    """The row of a split, of the results of seeds."""
    values = [result[split] for result in found]
    best_value = values[best(found)]
    return results.row(
        model, name, split, "perplexity", values, best=best_value, **more
    )


def remember_all(hops, texts, store, progress):
    """Results of a network beside memories, by how these are bounded."""
    ways = remembering.ways(REMEMBERED.value)
    found: dict[str, list] = {way: [] for way in ways}
    for seed in range(FIRST_SEED.value, FIRST_SEED.value + SEEDS.value):
        run = f"seed {seed}"
        label = f"{hops} hops, seed {seed} beside a memory"
        bar = progress.add_task(label, total=len(ways))
        network = store.network(MODEL, variant(hops), run)
        for way, bounds in ways.items():
            evaluate = functools.partial(
                remembering.evaluate, network, texts, *bounds
            )
            name = REMEMBERING, _remembers(hops, way), run
            found[way].append(store.once(evaluate, *name))
            progress.advance(bar)
    return found


def rows_of_memories(hops, found):
    """The rows of a network beside memories: perplexity of each split."""
    for way, of_seeds in found.items():
        mixtures = {
            of: [result[of] for result in of_seeds]
            for of in ("share", "sharpness")
        }
        for split in SPLITS:
            name = _remembers(hops, way)
            yield row(REMEMBERING, name, split, of_seeds, **mixtures)


def _remembers(hops, way):
    return f"{variant(hops)}, remembers {way}"


def main(_):
    logging.set_verbosity(logging.WARNING)
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    data_dir = DATA_DIR.value or str(output_dir / "data")
    texts = {
        split: data.load(split, data_dir, MANUAL_DIR.value)
        for split in ("train", *SPLITS)
    }
    store = runs.Runs(output_dir)
    rows, seconds, addresses, curves = [], 0.0, {}, {}
    with runs.progress_bar() as progress:
        for hops in map(int, HOPS.value):
            found = train_all(hops, texts, store, progress)
            beside = remember_all(hops, texts, store, progress)
            rows += [*rows_of(hops, found), *rows_of_memories(hops, beside)]
            for results_of in (found, *beside.values()):
                seconds += sum(result["seconds"] for result in results_of)
            curves[variant(hops)] = [
                result["history"]["val_cross_entropy"] for result in found
            ]
            seed = FIRST_SEED.value + best(found)
            network = store.network(MODEL, variant(hops), f"seed {seed}")
            addresses[variant(hops)] = training.mean_addresses(
                network, texts["validation"]
            )
    results.write(output_dir, rows, seconds)
    picture.plot_distances(addresses, output_dir / "attention.png")
    picture.plot_curves(curves, output_dir / "learning_curves.png")
    print(results.table(rows))
    print(PROMPT.value, network.generate(PROMPT.value, words=40))


if __name__ == "__main__":
    app.run(main)
