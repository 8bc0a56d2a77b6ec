"""How well does KeyValueMemNN answer questions of a knowledge base?

    python -m experiments.knowledge_base --manual_dir=data --seeds=3

trains `models.KeyValueMemNN` on MetaQA, questions about films that go 1, 2 and
3 steps from an entity, and goes on where it was stopped. It answers with the
object of the triple that the last hop reads most; hits@1 is the share of test
questions of which this is one of the answers.

The copy of MetaQA that the library was made with has no training questions.
They are generated: a path of relations such as actor, film, year is drawn, an
entity, and a wording (`wordings.py`) that was written from what the relations
mean. With 1 hop, every other question of validation is trained on too, in the
words of its paraphrase, and the rest validates. No question of test is trained
on, nor one that asks the same of the same entity. `results.json` says
"templates" wherever this matters.

Key hashing (`--retrieval=hash`) hands a question the triples that are near its
entity, in both directions and marked with their step, but not those of
entities that are too frequent: at most 64, 256 and 1,024 triples of 1, 2 and 3
hops. "Answerable" is what has an answer among them, and their share is in the
table. With `--retrieval=paths` marks also say by which relations a triple was
reached, so that films of the director and films of the actors are told apart.
`--retrieval=scann` (the `scann` extra) trains with triples that are not marked,
and others drawn from all; then all 258,000 triples are the memory, and ScaNN
finds the 100 that a hop reads. Entities have codes that are not trained
(`layers.EntityEncoding`): what is learnt is what questions ask, of whichever
entity, and a hop forgets the entity and keeps what is asked of it. No hop reads
what leads back to the entity asked of. Most is lost where a hop asks for the
sum of many entities, of which 448 features tell about twenty apart. Answerable
is what asks of an entity of the knowledge base.
`--control` also trains one network on labels that were drawn anew: it should do
no better than a random triple of those handed to it.

Expect hits@1 of 97.0% with 1 hop, a minute and a half a seed on a core beside
other work, and of 92 ± 1% with 2, 94% of the answerable, 12 minutes a seed.
With 3, expect 91 ± 1% with `--retrieval=paths`, 10 minutes a seed; a trial with
marks of steps alone had 71% of the questions of validation. Of all triples by
ScaNN expect 97, 95.4 ± 0.5 and 85 ± 2%, 2 to 9 minutes of training a seed, and
as long to search all of them for the test questions.
"""

import pathlib
from typing import Any, NamedTuple

import numpy as np
from absl import app, flags, logging

from experiments import plots, results, runs
from experiments.knowledge_base import data, measure, rows, shared
from experiments.knowledge_base.settings import SEARCHED, SETTINGS, key_value
from memnet_tf import layers

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/knowledge_base", "Folder of runs and results."
)
DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of prepared data; output_dir/data if not given."
)
MANUAL_DIR = flags.DEFINE_string(
    "manual_dir", "data", "Folder of MetaQA's folder or archive."
)
HOPS = flags.DEFINE_list("hops", ["1", "2", "3"], "Hops of the questions.")
RETRIEVAL = flags.DEFINE_list(
    "retrieval", ["hash"], "How memories are found: hash, paths, scann."
)
CONTROL = flags.DEFINE_boolean(
    "control", True, "Whether to train on shuffled labels, too, with one seed."
)
SEEDS = flags.DEFINE_integer("seeds", 3, "Number of seeds.", lower_bound=1)
FIRST_SEED = flags.DEFINE_integer("first_seed", 0, "The first seed.")
QUESTIONS = flags.DEFINE_integer(
    "questions", None, "Training questions to generate, instead of its own."
)
EPOCHS = flags.DEFINE_integer(
    "epochs", None, "Epochs of every training, instead of its own."
)


class Variant(NamedTuple):
    """How memories are found and trained on.

    Attributes:
        name: what it is called in the results.
        marked: see `data.Memories`; None where all triples are searched.
        shuffled: whether the labels are drawn anew.
    """

    name: str
    marked: str | None
    shuffled: bool = False


VARIANTS = {
    "hash": Variant("key hashing", "steps"),
    "paths": Variant("key hashing, marked by path", "paths"),
    "scann": Variant("ScaNN over all triples", None),
}
VALIDATED = 1024  # questions of validation that it is measured on
READ = 100  # triples that a hop reads of all


class Trainer(runs.Trainer):
    """Trains a variant, with one seed after the other.

    Args:
        variant: a `Variant`.
        hops: 1 to 3.
        of_hops: a `data.Data`.
        store: a `runs.Runs`.
    """

    def __init__(self, variant, hops, of_hops, store):
        self.setting = _setting(hops, variant)
        recipe = key_value(hops, self.setting)
        name = recipe.model, variant.name, f"{hops} hops"
        super().__init__(recipe, name, store)
        self.variant = variant
        self.hops = hops
        self.knowledge, self.questions = of_hops

    def prepare(self):
        training = self.questions["train"]
        self.memories = _memories(self.knowledge, self.hops, self.variant)
        found = self.memories.find(training)
        sizes = data.sizes(
            self.knowledge,
            training,
            self.setting.memories,
            self.memories.marks.words if self.memories.marks else (),
        )
        if self.variant.marked is None:
            sizes["entities"] = shared.entities(self.knowledge, training)
        self.network = self.recipe.build(**sizes)
        word_ids = self.network.word_ids
        validation = _spread(self.questions["validation"], VALIDATED)
        x, y = self.memories.encode(word_ids, training, found)
        if self.variant.shuffled:
            y = data.shuffled(x, y)
        self.encoded = {
            "train": (x, y),
            "validation": self.memories.encode(word_ids, validation),
        }
        self.predict = measure.predictor(self.network)

    def fit(self, run, seed, callbacks):
        return self.store.train(
            self.network,
            *self.encoded["train"],
            self.evaluate,
            *run,
            callbacks=callbacks,
            validation_data=self.encoded["validation"],
            validation_batch_size=self.recipe.batch_size,
            batch_size=self.recipe.batch_size,
            epochs=self.recipe.epochs,
        )

    def evaluate(self, network):
        """Hits in percent by split, of all questions and the answerable."""
        found = {}
        if self.variant.marked is None:
            # What a hop asks for, a sum of many entities, is near no leaf.
            no_tree = {"tree_from": len(self.knowledge.objects) + 1}
            retrieval = layers.ScaNNRetrieval(options=no_tree)
            reads_all = shared.over_all(
                network, self.knowledge, READ, retrieval
            )
        for split in ("validation", "test"):
            questions = self.questions[split]
            if self.variant.marked is None:
                if split == "validation":  # as all triples are searched
                    questions = _spread(questions, VALIDATED)
                hits = shared.hits(reads_all, self.knowledge, questions)
                known = np.array([q.topic >= 0 for q in questions])
            else:
                hits, known = measure.hits(
                    self.predict, self.memories, network.word_ids, questions
                )
            found[split] = {
                "hits": 100 * float(np.mean(hits)),
                "answerable": 100 * float(np.mean(hits[known])),
            }
        return found


def _setting(hops, variant):
    setting = (SEARCHED if variant.marked is None else SETTINGS)[hops]
    return setting._replace(
        questions=QUESTIONS.value or setting.questions,
        epochs=EPOCHS.value or setting.epochs,
    )


def _memories(knowledge, hops, variant):
    setting = _setting(hops, variant)
    return data.Memories(
        knowledge,
        hops,
        setting.memories,
        setting.frequent,
        marked=variant.marked,
    )


def _control(variant):
    """A variant, trained on labels that were drawn anew."""
    name = f"{variant.name}, shuffled labels"
    return variant._replace(name=name, shuffled=True)


def _spread(questions, count):
    """As many questions, from all parts of a list, whole batches of them."""
    places = np.linspace(0, len(questions) - 1, count).astype(int)
    return [questions[place] for place in places]


def baselines(hops, of_hops):
    """The rows of what is not trained."""
    knowledge, questions = of_hops
    memories = _memories(knowledge, hops, VARIANTS["hash"])
    test = questions["test"]
    places, _ = memories.find(test)
    known = memories.right(test, places).any(axis=1)
    seeds = range(FIRST_SEED.value, FIRST_SEED.value + SEEDS.value)
    drawn = [measure.of_random_memories(memories, test, seed) for seed in seeds]
    frequent = measure.of_most_frequent(questions["train"], test)
    return rows.of_baselines(
        hops,
        {
            "most frequent answer": ("", rows.HITS, [100 * np.mean(frequent)]),
            "random triple": (
                "key hashing",
                rows.HITS,
                [100 * np.mean(hits) for hits in drawn],
            ),
            "any": ("key hashing", rows.COVERAGE, [100 * np.mean(known)]),
        },
    )


def main(_):
    logging.set_verbosity(logging.WARNING)
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    store = runs.Runs(output_dir)
    data_dir = DATA_DIR.value or str(output_dir / "data")
    unknown = set(RETRIEVAL.value) - set(VARIANTS)
    if unknown:
        raise app.UsageError(
            f"Expected --retrieval of {list(VARIANTS)}. Received: {unknown}"
        )
    every = [VARIANTS[name] for name in RETRIEVAL.value]
    if CONTROL.value:
        every.append(_control(every[0]))
    all_seeds = range(FIRST_SEED.value, FIRST_SEED.value + SEEDS.value)
    made: list[dict[str, Any]] = []
    seconds = 0.0
    with runs.progress_bar() as progress:
        for hops in map(int, HOPS.value):
            count = _setting(hops, every[0]).questions
            of_hops = data.load(hops, count, data_dir, MANUAL_DIR.value)
            for variant in every:
                trainer = Trainer(variant, hops, of_hops, store)
                label = f"{rows.task(hops)}, {variant.name}"
                seeds = all_seeds[:1] if variant.shuffled else all_seeds
                bar = progress.add_task(label, total=len(seeds))
                found: list[dict[str, Any]] = []
                for seed in seeds:

                    def show(what, bar=bar, name=f"{label}, seed {seed}"):
                        progress.update(bar, description=f"{name}: {what}")

                    show("begins")
                    found.append(trainer.train(seed, show))
                    progress.advance(bar)
                made += rows.of_network(variant.name, hops, found)
                seconds += sum(result["seconds"] for result in found)
            made += baselines(hops, of_hops)
    by = "model", "variant", "task"
    made = results.add(output_dir, made, seconds, ["scann"], by)
    hits = [row for row in made if row["metric"] == rows.HITS]
    plots.plot_accuracies(hits, output_dir / "hits.png", "test hits@1, %")
    print(results.table(made))


if __name__ == "__main__":
    app.run(main)
