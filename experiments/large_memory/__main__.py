"""How much faster are hashed reads of millions of statements, at what cost?

Table 2 of Weston et al. 2014 made again: statements (subject, relation,
object), questions on them in other words, and the one statement that scores
highest for a question, among all of them, among those that share a word with
it, among those that share a cluster of words, and as ScaNN finds it. The F1
counts as right what names the entity and the relation that were asked about.

    python -m experiments.large_memory --statements=14000000 \\
        --steps=1000 "--only=word hash,cluster hash,ScaNN codes"

takes eight minutes on 2 cores and 21 GiB; the default, 300,000 statements,
takes two minutes. Statements are made (see `statements.py`), and
embeddings are learned from other questions than those of the test. Expect
cluster hashing and ScaNN's codes of all statements no more than 2 points below
the exact F1. Word hashing scores the fewest candidates; it loses where training
was long enough for aliases to be known, as in the default size.
"""

import gc
import pathlib
import resource
import time

import keras
import numpy as np
import tensorflow as tf
from absl import app, flags, logging

from experiments import results, runs
from experiments.large_memory import picture, statements
from experiments.large_memory.encoder import Encoder
from memnet_tf import layers

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/large_memory", "Folder of results."
)
STATEMENTS = flags.DEFINE_integer(
    "statements", 300_000, "Statements in memory.", lower_bound=1000
)
QUESTIONS = flags.DEFINE_integer(
    "questions", 1000, "Questions of the test.", lower_bound=10
)
TIMED = flags.DEFINE_integer(
    "timed", 100, "Questions that are timed, one by one.", lower_bound=1
)
UNITS = flags.DEFINE_integer("units", 64, "Size of an embedding.")
STEPS = flags.DEFINE_integer(
    "steps", None, "Steps of training; as many as the words want if None."
)
CLUSTERS = flags.DEFINE_integer("clusters", 1000, "Clusters of words.")
LEAVES_SEARCHED = flags.DEFINE_float(
    "leaves_searched", 0.5, "Share of ScaNN's leaves that a search looks at."
)
ONLY = flags.DEFINE_list(
    "only", [], "What is compared with exact search; all if empty."
)
SEED = flags.DEFINE_integer("seed", 0, "Seed of all that is drawn.")

BATCH_SIZE = 2048
ENCODED_AT_ONCE = 200_000
PUBLISHED_AT = 14_000_000  # statements
PUBLISHED = {
    "exact": {"F1": 72, "candidates scored": 14_000_000},
    "word hash": {
        "F1": 63,
        "candidates scored": 13_000,
        "speed-up by candidates": 1000,
    },
    "cluster hash": {
        "F1": 71,
        "candidates scored": 177_000,
        "speed-up by candidates": 80,
    },
}


class Memory:
    """Statements, their features, and questions about some of them."""

    def __init__(self, progress):
        random = np.random.default_rng(SEED.value)
        keras.utils.set_random_seed(SEED.value)
        count = STATEMENTS.value
        self.world = statements.World.generate(count, random)
        self.facts = self.world.statements(count, random)
        self.words = self.world.tell(self.facts, random)
        encoder = self._train(random, progress)
        self.embeddings = keras.ops.convert_to_numpy(
            encoder.input_map.embeddings
        )
        self.features = np.empty((count, UNITS.value), "float32")
        for start in range(0, count, ENCODED_AT_ONCE):
            rows = slice(start, start + ENCODED_AT_ONCE)
            self.features[rows] = encoder.encode(self.words[rows])
        asked = random.integers(0, count, QUESTIONS.value)
        self.asked = self.facts[asked]
        self.questions, self.named = self.world.ask(self.asked, random)
        self.queries = keras.ops.convert_to_numpy(
            encoder.encode(self.questions)
        )

    def _train(self, random, progress):
        encoder = Encoder(self.world.words, UNITS.value)
        encoder.compile(keras.optimizers.Adam(0.01), jit_compile=True)
        # Every alias is to be met about 25 times.
        met = 2 * statements.ALIASED * BATCH_SIZE / self.world.names
        steps = STEPS.value or max(200, round(25 / met))
        task = progress.add_task("learning words", total=steps)
        for _ in range(steps):
            rows = random.integers(0, len(self.facts), BATCH_SIZE)
            question, _ = self.world.ask(self.facts[rows], random)
            encoder.train_on_batch(
                {"question": question, "statement": self.words[rows]}
            )
            progress.advance(task)
        return encoder

    def score(self, found):
        """F1, in percent, of the rows found `(Q,)`; -1 for none."""
        right = statements.answers(self.facts, found, self.asked, self.named)
        answered = np.count_nonzero(found >= 0)
        return 200 * np.count_nonzero(right) / (answered + len(found))


class Exact:
    """All statements are compared."""

    def __init__(self, memory):
        self.keys = tf.constant(memory.features)
        layer = layers.ExactRetrieval()
        self.search = tf.function(
            lambda query: layer(query, 1, self.keys),
            input_signature=[tf.TensorSpec([None, UNITS.value])],
        )
        self.memory = memory

    def find(self, questions):
        """The row found for each of some questions, and the candidates."""
        rows = self.search(self.memory.queries[questions]).slots[:, 0].numpy()
        return rows, np.full(len(rows), len(self.keys))


class ScaNN:
    """ScaNN compares codes of statements, all or those of some leaves.

    Args:
        memory: the statements.
        searched: share of the leaves that a search looks at; 1 for no tree.
    """

    def __init__(self, memory, searched):
        count = STATEMENTS.value
        options = {"hash_from": 0, "tree_from": count + 1}
        self.share = 1.0
        if searched < 1:
            leaves = round(2 * count**0.5)
            looked_at = max(1, round(searched * leaves))
            options = {"leaves": leaves, "leaves_to_search": looked_at}
            options["tree_from"] = 0
            self.share = looked_at / leaves
        layer = layers.ScaNNRetrieval(options=options)
        layer.index(memory.features)
        self.keys = tf.constant(memory.features)
        self.search = tf.function(
            lambda query: layer(query, 1, self.keys),
            input_signature=[tf.TensorSpec([None, UNITS.value])],
        )
        self.memory = memory

    def find(self, questions):
        """See `Exact`; the candidates are statements whose codes are read."""
        rows = self.search(self.memory.queries[questions]).slots[:, 0].numpy()
        return rows, np.full(len(rows), self.share * len(self.keys))


class Hashed:
    """Statements that share a bucket of words are compared."""

    def __init__(self, memory, retrieval):
        self.memory = memory
        self.retrieval = retrieval
        retrieval.index_words(memory.words, memory.embeddings)

    def find(self, questions):
        memory, found = self.memory, []
        candidates = self.retrieval.candidates(memory.questions[questions])
        for query, rows in zip(
            memory.queries[questions], candidates.slots, strict=True
        ):
            scores = memory.features[rows] @ query
            found.append(rows[np.argmax(scores)] if len(rows) else -1)
        return np.array(found), candidates.counts


def methods(words):
    """What finds statements, by name, each made when it is wanted."""
    return {
        "exact": Exact,
        "word hash": lambda memory: Hashed(
            memory, layers.WordHashRetrieval(words)
        ),
        "cluster hash": lambda memory: Hashed(
            memory, layers.ClusterHashRetrieval(words, CLUSTERS.value)
        ),
        "ScaNN codes": lambda memory: ScaNN(memory, 1),
        "ScaNN tree": lambda memory: ScaNN(memory, LEAVES_SEARCHED.value),
    }


def measure(name, make, memory, progress):
    """What a method finds, how many it scores, and how long it takes."""
    started = time.perf_counter()
    method = make(memory)
    build = time.perf_counter() - started
    count = QUESTIONS.value
    task = progress.add_task(name, total=count + TIMED.value)
    found, candidates = [], []
    for start in range(0, count, 100):
        questions = np.arange(start, min(start + 100, count))
        rows, counts = method.find(questions)
        found.append(rows)
        candidates.append(counts)
        progress.advance(task, len(questions))
    times = []
    for question in range(TIMED.value):
        started = time.perf_counter()
        method.find(np.array([question % count]))
        times.append(1000 * (time.perf_counter() - started))
        progress.advance(task)
    return {
        "F1": memory.score(np.concatenate(found)),
        "candidates scored": np.mean(np.concatenate(candidates)),
        "ms a question": float(np.median(times)),
        "build seconds": build,
    }


def rows_of(measured):
    """Rows of results, with the speed-ups over exact search."""
    exact = measured["exact"]
    rows = []
    for name, found in measured.items():
        of_candidates = exact["candidates scored"] / found["candidates scored"]
        found = {
            **found,
            "speed-up by candidates": of_candidates,
            "speed-up by time": exact["ms a question"] / found["ms a question"],
        }
        published = PUBLISHED.get(name, {})
        for metric, value in found.items():
            more = {}
            if metric in published and STATEMENTS.value >= PUBLISHED_AT:
                more["published"] = published[metric]
            rows.append(
                results.row(
                    name,
                    "",
                    f"{STATEMENTS.value:,} statements",
                    metric,
                    [value],
                    **more,
                )
            )
    return rows


def peak_gib():
    """Most memory that this process has held, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main(_):
    logging.set_verbosity(logging.WARNING)
    started = time.monotonic()
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    with runs.progress_bar() as progress:
        memory = Memory(progress)
        measured = {}
        for name, make in methods(memory.world.words).items():
            if ONLY.value and name not in ["exact", *ONLY.value]:
                continue
            measured[name] = measure(name, make, memory, progress)
            gc.collect()  # what a method held
    rows = rows_of(measured)
    rows.append(
        results.row(
            "all",
            "",
            f"{STATEMENTS.value:,} statements",
            "peak GiB",
            [peak_gib()],
        )
    )
    results.write(
        output_dir, rows, time.monotonic() - started, packages=("scann",)
    )
    picture.draw(rows, output_dir / "large_memory.png")
    print(results.table(rows))


if __name__ == "__main__":
    app.run(main)
