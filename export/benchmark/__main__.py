"""How fast does an exported network answer, however it is called?

MemN2N of bAbI's size (3 hops, 50 memories, 20 units, 170 words, weights drawn
at random) with stories of 10 sentences, text in and text out: in a Session
(`session`), which is the call that a server makes; by the C program (`c`,
its own clock around the call); by `export.serve` over gRPC and REST, whose
clients are processes of their own and look into no reply; and by Keras'
`predict` on ids (`keras predict`), with the words looked up before.

    python -m export.benchmark --output_dir=output/serving

takes four minutes on 2 cores. `batch 32` is one client that asks
32 questions at once, `batch 1` one that asks one after the other, as each of
`32 clients` does; these share the cores with the server. `no batches` is a
server that merges no requests. `200 sentences` are 100 questions about one
story, over and over or with `encode` once, on a network of 200 memories. Expect
one question in 0.2 to 0.4 ms in C and less than 2 ms over gRPC, 20 times faster
and more than Keras; and 32 clients with more than twice the questions per
second of one client over gRPC, three times over REST, and nearly twice those
of 32 without batches.

`bAbI` are test questions of its 20 tasks, as many of each, about stories of 1
to 228 sentences, in a Session, to MemN2N (50 memories, 50 units) and the
two-reader network (130 memories) of the size that `experiments.babi` gives
them; a batch is padded to its longest story. Expect 1,500 questions a second
of MemN2N one by one and 5,000 in batches of 256, and 700 of the two-reader
network in either. They are left out where `--manual_dir` has no bAbI.

Another server is measured where --grpc or --rest names it. It is to serve
what an earlier run left in `output/serving/models/memn2n`, such as by
`export/deploy/tensorflow_serving.sh output/serving/models/memn2n`.
"""

import contextlib
import pathlib
import time

import matplotlib

matplotlib.use("Agg")  # draws to files, without a screen

import rich.console
import rich.markdown
from absl import app, flags, logging
from matplotlib import pyplot as plt

from experiments import results, runs
from export import versions
from export.benchmark import babi, local, long_story, served, setting
from export.benchmark.timing import percentile
from export.c_program import CannotBuildError
from memnet_tf import files

BATCHES = (1, 8, 32, 256)
CLIENTS = (8, 32)
SENTENCES = 10
NO_BATCHES = "grpc, no batches"
BABI_BATCHES = (1, 256)
VARIANTS = ("c", "session", "grpc", NO_BATCHES, "rest", "keras predict")
MODEL = "MemN2N"

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/serving", "Folder of results."
)
REPEATS = flags.DEFINE_integer(
    "repeats", 3, "Measurements of each.", lower_bound=1
)
SECONDS = flags.DEFINE_float(
    "seconds", 0.5, "How long a measurement lasts.", lower_bound=0.01
)
ONLY = flags.DEFINE_list("only", [], "Variants to measure; all if empty.")
GRPC = flags.DEFINE_string("grpc", None, "host:port of another server.")
REST = flags.DEFINE_string("rest", None, "host:port of another server.")
MANUAL_DIR = flags.DEFINE_string(
    "manual_dir", "data", "Folder of bAbI's folder or archive."
)
DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of prepared data; output_dir/data if not given."
)
NAME = flags.DEFINE_string("name", "memn2n", "The model on that server.")

CONSOLE = rich.console.Console()


def main(_):
    unknown = set(ONLY.value) - set(VARIANTS)
    if unknown:
        raise app.UsageError(
            f"Expected variants among {VARIANTS}. Received: {sorted(unknown)}"
        )
    logging.set_verbosity(logging.ERROR)
    started = time.monotonic()
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    with contextlib.ExitStack() as stack:
        callers = _callers(stack, output_dir)
        rows = _rows(MODEL, _measure(callers))
        rows += _long_story_rows(stack, output_dir)
    rows += _babi_rows(output_dir)
    results.write(
        output_dir,
        rows,
        time.monotonic() - started,
        packages=("grpcio", "tensorflow-serving-api"),
    )
    draw(rows, output_dir / "serving.png")
    CONSOLE.print(rich.markdown.Markdown(results.table(rows)))


def _callers(stack, output_dir):
    """Functions of questions, clients and seconds, by variant."""
    network = setting.network()
    folder = output_dir / "models" / "memn2n"
    saved_model = versions.write_version(network, folder)
    target = served.Target(NAME.value, {"grpc": GRPC.value, "rest": REST.value})
    own = GRPC.value is None and REST.value is None
    if own:
        target = served.Target(
            "memn2n", stack.enter_context(served.serving({"memn2n": folder}))
        )
    callers = {}
    for variant in ONLY.value or VARIANTS:
        if variant == "session":
            callers[variant] = local.InSession(saved_model).measure
        elif variant == "keras predict":
            callers[variant] = local.InKeras(network).measure
        elif variant == "c":
            try:
                callers[variant] = local.InC(
                    saved_model, output_dir / "program"
                ).measure
            except CannotBuildError as error:
                CONSOLE.print(f"Skipping c: {error}", markup=False)
        elif variant == NO_BATCHES and own:
            one = served.serving({"memn2n": folder}, "--batch_size=1")
            callers[variant] = _caller(
                served.Target("memn2n", stack.enter_context(one)), "grpc"
            )
        elif variant != NO_BATCHES and target.addresses[variant]:
            callers[variant] = _caller(target, variant)
    return callers


def _caller(target, way):
    return lambda inputs, clients, seconds: served.measure(
        target, way, inputs, clients, seconds
    )


def _tasks(variant):
    """Names of tasks, and their questions at once and clients."""
    batches = (1,) if variant == NO_BATCHES else BATCHES
    clients = () if variant in ("c", "keras predict") else CLIENTS
    return {
        **{f"batch {size}": (size, 1) for size in batches},
        **{f"{count} clients": (1, count) for count in clients},
    }


def _measure(callers):
    """What was `Measured`, repeats by variant, task and questions a call."""
    inputs = setting.inputs(*setting.examples(max(BATCHES), SENTENCES))
    tasks = [
        (name, task, size, clients)
        for name in callers
        for task, (size, clients) in _tasks(name).items()
    ]
    measured = {(name, task, size): [] for name, task, size, _ in tasks}
    with runs.progress_bar() as bar:
        progress = bar.add_task("", total=len(tasks) * REPEATS.value)
        for _ in range(REPEATS.value):
            for variant, task, size, clients in tasks:
                bar.update(progress, description=f"{variant}, {task}")
                asked = {name: rows[:size] for name, rows in inputs.items()}
                measured[variant, task, size].append(
                    callers[variant](asked, clients, SECONDS.value)
                )
                bar.advance(progress)
    return measured


def _rows(model, measured):
    """Rows of what was `Measured`, as `_measure` returns it."""
    rows = []
    for metric in ("p50 ms", "p99 ms", "questions per second"):
        for (variant, task, size), repeats in measured.items():
            values = [
                size * repeat.calls_per_second
                if metric == "questions per second"
                else percentile(repeat.latencies, int(metric[1:3]))
                for repeat in repeats
            ]
            rows.append(results.row(model, variant, task, metric, values))
    return rows


def _babi_rows(output_dir):
    if "session" not in (ONLY.value or VARIANTS):
        return []
    data_dir = DATA_DIR.value or str(output_dir / "data")
    try:
        texts = babi.load(data_dir, MANUAL_DIR.value)
    except FileNotFoundError as error:
        CONSOLE.print(f"Skipping bAbI: {error}", markup=False)
        return []
    rows = []
    for name, network in babi.networks(texts).items():
        folder = output_dir / "models" / f"babi_{name}"
        session = local.InSession(versions.write_version(network, folder))
        measured = {}
        for size in BABI_BATCHES:
            requests = babi.requests(texts, size)
            babi.measure(session, requests)  # warms up
            measured["session", f"bAbI, batch {size}", size] = [
                babi.measure(session, requests) for _ in range(REPEATS.value)
            ]
        rows += _rows(name, measured)
    return rows


def _long_story_rows(stack, output_dir):
    chosen = {"session", "grpc"} & set(ONLY.value or VARIANTS)
    if not chosen:
        return []
    folder = output_dir / "models" / "memn2n_200"
    network = setting.network(memories=long_story.SENTENCES)
    saved_model = versions.write_version(network, folder)
    ways = {}
    if "session" in chosen:
        session = local.InSession(saved_model)
        ways["session"] = long_story.ways_of_session(session)
    if "grpc" in chosen and GRPC.value is None and REST.value is None:
        addresses = stack.enter_context(served.serving({"memn2n_200": folder}))
        target = served.Target("memn2n_200", addresses)
        ways["grpc"] = long_story.ways_of_server(target)
    return [
        results.row(
            MODEL,
            f"{variant}, {name}",
            f"{long_story.SENTENCES} sentences",
            f"ms for {long_story.QUESTIONS} questions",
            taken,
        )
        for variant, asked in ways.items()
        for name, taken in long_story.measure(asked, REPEATS.value).items()
    ]


def draw(rows, path):
    """Latency by batch, and questions per second by clients."""
    variants = list(
        dict.fromkeys(r["variant"] for r in rows if r["metric"] == "p50 ms")
    )
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, 4.2), layout="constrained"
    )
    colors = plt.get_cmap("viridis")
    for number, variant in enumerate(variants):
        style = {
            "color": colors(0.05 + 0.85 * number / max(len(variants) - 1, 1)),
            "label": variant,
            "marker": "o",
        }
        batches = _means(rows, variant, "p50 ms", "batch {}", BATCHES)
        left.plot(batches.keys(), batches.values(), **style)
        clients = _means(
            rows, variant, "questions per second", "{} clients", CLIENTS
        )
        alone = _means(
            rows, variant, "questions per second", "batch {}", BATCHES[:1]
        )
        together = {**alone, **clients}
        right.plot(together.keys(), together.values(), **style)
    left.set(xlabel="questions in a request", ylabel="p50, ms", title="Latency")
    right.set(
        xlabel="clients with one question each",
        ylabel="questions per second",
        title="Throughput",
    )
    for axes, ticks in ((left, BATCHES), (right, (1, *CLIENTS))):
        axes.set(xscale="log", yscale="log")
        axes.set_xticks(ticks, ticks)
        axes.minorticks_off()
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.3)
    left.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.replaced(path) as unfinished:
        figure.savefig(unfinished, dpi=150, format="png")
    plt.close(figure)


def _means(rows, variant, metric, name, sizes):
    tasks = {name.format(size): size for size in sizes}
    return {
        tasks[row["task"]]: row["mean"]
        for row in rows
        if (row["variant"], row["metric"]) == (variant, metric)
        and row["task"] in tasks
    }


if __name__ == "__main__":
    app.run(main)
