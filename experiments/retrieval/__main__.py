"""How fast and how well are the nearest of many rows found?

The retrieval layers beside the libraries that do the same alone: inner
products, 10 nearest, on made topics, MNIST's digits and CIFAR's patches.

    pip install 'memnet_tf[scann,benchmark]'
    python -m experiments.retrieval --sizes=100000,1000000

takes about half an hour on 2 cores, most of it for the indices of others;
the default size takes a few minutes. All are measured in turn, in rounds of
rotating order. Layers are timed inside a graph, where they run. Expect
`ScaNNRetrieval` at a recall@10 of 0.98 among 1,000,000 x 128, within a seventh
of the time of `scann` alone, with two fifths of its index; `ExactRetrieval`
about twice as fast as `tf exact` in batches; and `numpy read`, the time in
which the rows can be read at all, two thirds of `ExactRetrieval` for one query.
The figures are of each one's first setting; of the others there is what the
picture shows.
"""

import ctypes
import gc
import pathlib
import time

import numpy as np
import rich.console
from absl import app, flags

from experiments import results, runs
from experiments.retrieval import data, picture
from experiments.retrieval.recall import nearest, recall_of
from experiments.retrieval.searchers import SEARCHERS

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/retrieval", "Folder of results."
)
DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of digits and patches; left out if not given."
)
SIZES = flags.DEFINE_list("sizes", ["20000"], "Numbers of rows of topics.")
UNITS = flags.DEFINE_integer("units", 128, "Features of a row of topics.")
REPEATS = flags.DEFINE_integer("repeats", 3, "Rounds.", lower_bound=1)
CALLS = flags.DEFINE_integer(
    "calls", 300, "Queries alone in a round.", lower_bound=1
)
SECONDS = flags.DEFINE_float(
    "seconds", 0.5, "About how long batches take in a round.", lower_bound=0
)
ONLY = flags.DEFINE_list("only", [], "Models to measure; all if empty.")

K = 10
QUERIES = 1024
CONSOLE = rich.console.Console()


def main(_):
    unknown = set(ONLY.value) - set(SEARCHERS)
    if unknown:
        raise app.UsageError(
            f"Expected models among {list(SEARCHERS)}. "
            f"Received: {sorted(unknown)}"
        )
    started = time.monotonic()
    models = [name for name in ONLY.value or SEARCHERS if not skipped(name)]
    rows = []
    with runs.progress_bar() as bar:
        for task, (keys, queries) in tasks():
            rows += measure(bar, task, models, keys, queries)
            results.write(
                OUTPUT_DIR.value,
                rows,
                time.monotonic() - started,
                packages=("scann", "faiss-cpu", "hnswlib", "usearch"),
            )
    picture.draw(rows, pathlib.Path(OUTPUT_DIR.value) / "retrieval.png")


def skipped(name):
    """Whether a model cannot run here; says why."""
    reason = SEARCHERS[name].missing()
    if reason:
        CONSOLE.print(f"Skipping {name}: {reason}", markup=False)
    return reason is not None


def tasks():
    """Name and data of each task."""
    for size in map(int, SIZES.value):
        name = f"{size // 1_000_000}M" if size >= 1e6 else f"{size // 1000}k"
        made = data.topics(size, UNITS.value, QUERIES)
        yield f"topics {name} x {UNITS.value}", made
    for name, load in (("digits", data.digits), ("patches", data.patches)):
        loaded = load(DATA_DIR.value, QUERIES)
        if loaded is None:
            CONSOLE.print(f"Skipping {name}: no file of them in --data_dir")
        else:
            yield f"{name} {len(loaded[0]) // 1000}k", loaded


def measure(bar, task, models, keys, queries):
    """Rows of results of one task."""
    found, searchers = {}, {}

    def note(name, effort, metric, value):
        found.setdefault((name, effort, metric), []).append(value)

    settings = [
        (name, effort) for name in models for effort in SEARCHERS[name].efforts
    ]
    progress = bar.add_task(
        task, total=len(models) + len(settings) * REPEATS.value
    )
    best = nearest(keys, queries, 100)
    for name in models:
        first = next(iter(SEARCHERS[name].efforts))
        before, start = resident_bytes(), time.perf_counter()
        searchers[name] = SEARCHERS[name](keys)
        seconds = time.perf_counter() - start
        grown = max(0, resident_bytes() - before)
        if SEARCHERS[name].indexed:
            note(name, first, "build seconds", seconds)
            copied = keys.nbytes if hasattr(searchers[name], "keys") else 0
            held = max(0, grown - copied)  # without the live keys
            note(name, first, "bytes a slot", held / len(keys))
        bar.advance(progress)
    for turn in range(REPEATS.value):
        start = turn * len(settings) // REPEATS.value
        for name, effort in settings[start:] + settings[:start]:
            searcher = searchers[name]
            searcher.use(searcher.efforts[effort])
            first = effort == next(iter(searcher.efforts))
            if turn == 0 and searcher.searches:
                for k in (1, K, 100) if first else (K,):
                    slots = found_slots(searcher, queries, k)
                    recall = recall_of(slots, best[:, :k])
                    note(name, effort, f"recall@{k}", recall)
            for metric, value in figures(searcher, queries, first):
                note(name, effort, metric, value)
            bar.advance(progress)
    return [
        results.row(name, effort, task, metric, values)
        for (name, effort, metric), values in found.items()
    ]


def figures(searcher, queries, everything):
    """Latency of queries alone and throughput of batches, or the last one."""
    if everything:
        alone = queries[np.arange(CALLS.value) % len(queries), None]
        searcher.seconds(alone[:5], K)
        milliseconds = 1e3 * searcher.seconds(alone, K)
        yield "p50 ms batch 1", np.percentile(milliseconds, 50)
        if searcher.searches:
            yield "p99 ms batch 1", np.percentile(milliseconds, 99)
    for size in (32, 256) if everything else (256,):
        if searcher.searches:
            batches = queries.reshape(-1, size, queries.shape[1])
            once = searcher.seconds(batches[:2], K)[-1]
            count = int(np.clip(SECONDS.value / once, 2, 1000))
            batches = batches[np.arange(count) % len(batches)]
            speed = size / np.median(searcher.seconds(batches, K))
            yield f"queries per second batch {size}", speed


def found_slots(searcher, queries, k):
    parts = queries.reshape(-1, 256, queries.shape[1])
    return np.concatenate([searcher.slots(part, k) for part in parts])


def resident_bytes():
    """Memory that the process holds; 0 where that is not told."""
    statistics = pathlib.Path("/proc/self/statm")
    if not statistics.exists():
        return 0
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(statistics.read_text().split()[1]) * 4096


if __name__ == "__main__":
    app.run(main)
