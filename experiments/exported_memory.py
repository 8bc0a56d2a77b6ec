"""What does a memory cost inside a SavedModel, in each flavour?

A network with statements in its memory is exported in every flavour. Each
SavedModel is loaded in a Session, as TensorFlow Serving runs it, and asked
one question after the other, text in and text out; beside it ScaNN alone is
asked for the neighbours of the same questions' features, and a SavedModel of
few statements is asked, too: what a question takes longer than there is the
search (`search ms`). All are measured in turn, in rounds of rotating order.

    pip install 'memnet_tf[scann]'
    python -m experiments.exported_memory

takes about a minute on 2 cores, and some minutes with `--size=1000000`.
Nothing is trained: the keys are made topics, and each question is a word
whose embedding is a query. `load seconds` are those until the first answer,
`recall@10` is of the ten statements that the hop should read. Expect `scann`
to be fastest from a few ten thousand statements on, `exact` to take time in
proportion to their number, and `inverted file` in between; more than half of
the time of `scann` goes to text and Session, which `few statements` has too.
"""

import gc
import pathlib
import time
from collections.abc import Callable

import matplotlib

matplotlib.use("Agg")  # draws to files, without a screen

import numpy as np
import rich.console
import tensorflow as tf
from absl import app, flags, logging
from matplotlib import pyplot as plt

from experiments import plots, results, runs
from experiments.retrieval import data
from experiments.retrieval.recall import nearest, recall_of
from experiments.retrieval.searchers import ScaNN
from memnet_tf import files, layers, models
from memnet_tf.layers.retrieval import flavours

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/exported_memory", "Folder of results."
)
SIZE = flags.DEFINE_integer(
    "size", 100_000, "Statements in memory.", lower_bound=2000
)
UNITS = flags.DEFINE_integer("units", 128, "Features of a key.", lower_bound=2)
REPEATS = flags.DEFINE_integer("repeats", 3, "Rounds.", lower_bound=1)
CALLS = flags.DEFINE_integer(
    "calls", 300, "Questions in a round.", lower_bound=1
)

K = 10
QUERIES = 320
WORDS = [f"word{number}" for number in range(5000)]  # of statements
LENGTH = 6  # words of a statement
ALONE = "scann alone"
FEW = "few statements"  # in an export whose search costs next to nothing


def main(_):
    logging.set_verbosity(logging.ERROR)
    tf.get_logger().setLevel("ERROR")
    started = time.monotonic()
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    keys, queries = data.topics(SIZE.value, UNITS.value, QUERIES)
    best = nearest(keys, queries, K)
    found = {}

    def note(model, metric, value):
        found.setdefault((model, metric), []).append(value)

    names = [name for name in flavours.FLAVOURS if not missing(name)]
    with runs.progress_bar() as bar:
        steps = bar.add_task("export", total=len(names) + 2)
        make_network(keys[:K], queries).export(place(FEW), names[0])
        bar.advance(steps)
        network = make_network(keys, queries)
        bar.advance(steps)
        for name in names:
            folder = place(name)
            network.export(folder, name)
            size = sum(file.stat().st_size for file in folder.rglob("*"))
            note(name, "MB", size / 1e6)
            bar.advance(steps)
        del network
        gc.collect()
        asked: dict[str, Callable] = {}
        for name in names:
            folder = place(name)
            start = time.perf_counter()
            ask = Exported(folder)
            ask(0)
            note(name, "load seconds", time.perf_counter() - start)
            slots = np.array([ask(number) for number in range(QUERIES)])
            note(name, f"recall@{K}", recall_of(slots, best))
            asked[name] = ask
        asked[FEW] = Exported(place(FEW))
        if not missing(flavours.SCANN):
            index = ScaNN(keys)
            index.use(1)
            asked[ALONE] = lambda number: index.slots(
                queries[number : number + 1], K
            )[0]
            slots = np.array([asked[ALONE](n) for n in range(QUERIES)])
            note(ALONE, f"recall@{K}", recall_of(slots, best))
        steps = bar.add_task("ask", total=REPEATS.value * len(asked))
        for turn in range(REPEATS.value):
            order = list(asked)
            median = {}
            for name in order[turn % len(order) :] + order[: turn % len(order)]:
                milliseconds = times(asked[name])
                median[name] = np.percentile(milliseconds, 50)
                note(name, "p50 ms", median[name])
                note(name, "p99 ms", np.percentile(milliseconds, 99))
                bar.advance(steps)
            for name in names:
                note(name, "search ms", median[name] - median[FEW])
    rows = [
        results.row(model, "", task(), metric, values)
        for (model, metric), values in found.items()
    ]
    seconds = time.monotonic() - started
    results.write(output_dir, rows, seconds, packages=("scann",))
    table = results.table(rows, across="metric")
    rich.console.Console().print(table, markup=False, soft_wrap=True)
    draw(rows, output_dir / "exported_memory.png")


def missing(name):
    """Whether the flavour needs ScaNN, which is not here; says so."""
    reason = name == flavours.SCANN and ScaNN.missing()
    if reason:
        rich.console.Console().print(f"Skipping {name}: {reason}", markup=False)
    return reason


def place(name):
    """The folder of an export."""
    models = pathlib.Path(OUTPUT_DIR.value) / "models"
    return models / name.replace(" ", "_")


def task():
    return f"{SIZE.value:,} x {UNITS.value}"


def make_network(keys, queries):
    """A network that remembers a statement for each of the keys."""
    words = [*WORDS, *(f"ask{number}" for number in range(QUERIES))]
    count = len(words) + 2
    network = models.SharedMemoryNetwork(
        word_ids=layers.WordIds(words, LENGTH),
        input_map=layers.BagOfWords(count, UNITS.value, tables=2),
        question_map=layers.BagOfWords(count, UNITS.value),
        output_map=layers.OutputMap(
            addressing="top_k", k=K, retrieval=layers.ExactRetrieval()
        ),
        response=layers.MemoryResponse(),
        memory_size=len(keys),
    )
    embeddings = network.question_map.embeddings
    embeddings.assign(np.concatenate([embeddings[:-QUERIES], queries]))
    random = np.random.default_rng(0)
    said = random.choice(np.array(WORDS, object), (len(keys), LENGTH))
    network.remember([" ".join(statement) for statement in said])
    network.keys.assign(keys)
    return network


class Exported:
    """A SavedModel in a Session: the statements read for a question."""

    def __init__(self, folder):
        session = tf.compat.v1.Session(graph=tf.Graph())
        with session.graph.as_default():
            graph = tf.compat.v1.saved_model.load(
                session, [tf.saved_model.SERVING], str(folder)
            )
        signature = graph.signature_def["serving_default"]
        self.names = sorted(signature.outputs)
        self.run = session.make_callable(
            [signature.outputs[name].name for name in self.names],
            [signature.inputs["question"].name],
        )

    def __call__(self, number):
        outputs = self.run(np.array([f"ask{number}"], object))
        return outputs[self.names.index("ids")][0, 0]


def times(ask):
    """Milliseconds that each of the questions takes."""
    milliseconds = []
    for call in range(CALLS.value):
        start = time.perf_counter()
        ask(call % QUERIES)
        milliseconds.append(1e3 * (time.perf_counter() - start))
    return milliseconds


def draw(rows, path):
    """Milliseconds of a question, megabytes and seconds to load."""
    metrics = ("p50 ms", "p99 ms", "MB", "load seconds")
    names = list(dict.fromkeys(row["model"] for row in rows))
    figure, panels = plt.subplots(1, len(metrics), figsize=(12, 2.5))
    for axes, metric in zip(panels, metrics, strict=True):
        means = {
            row["model"]: row["mean"] for row in rows if row["metric"] == metric
        }
        shown = [name for name in names if name in means]
        bars = axes.barh(shown, [means[name] for name in shown])
        axes.bar_label(bars, fmt="{:.3g}", padding=2, fontsize=8)
        axes.margins(x=0.25)
        axes.invert_yaxis()
        axes.set_title(metric, fontsize=10)
    figure.suptitle(f"A memory of {task()} in a SavedModel", fontsize=11)
    figure.tight_layout()
    with files.replaced(path) as unfinished:
        plots.write(figure, unfinished)


if __name__ == "__main__":
    app.run(main)
