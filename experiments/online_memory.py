"""How well does a full memory work while it is written, forgotten and read?

A `MemoryStore` is filled with rows about topics. Then one thread writes,
updates and deletes memories at `--writes_per_second`, and looks after every
batch whether the next search finds it; another searches all the time. Every
rule of forgetting has its turn.

    python -m experiments.online_memory --output_dir=output/online_memory

takes a minute on 2 cores for 50,000 memories of 64 features, and

    python -m experiments.online_memory --slots=1000000 --dimension=128

about five minutes and 4 GB. Expect that no write is missed, recall@10 of 0.97
or more, half of the searches within about a millisecond, and 99 of 100 within
about 5. Where writes leave no core to searches, their p99 is what the system
makes of it.
"""

import collections
import sys
import threading
import time

import matplotlib

matplotlib.use("Agg")  # draws to files, without a screen

import numpy as np
import rich.console
import rich.markdown
from absl import app, flags
from matplotlib import pyplot as plt

from experiments import results, runs
from experiments.retrieval import data
from memnet_tf import files
from memnet_tf.memory_store import (
    LeastOftenRead,
    LeastRecentlyRead,
    LeastUseful,
    MemoryStore,
    Oldest,
    Refuse,
)

RULES = {
    rule.__name__: rule
    for rule in (Refuse, Oldest, LeastRecentlyRead, LeastOftenRead, LeastUseful)
}

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/online_memory", "Folder of results."
)
SLOTS = flags.DEFINE_integer(
    "slots", 50_000, "Memories of a full store.", lower_bound=1000
)
DIMENSION = flags.DEFINE_integer(
    "dimension", 64, "Features of a memory.", lower_bound=1
)
ROUNDS = flags.DEFINE_integer(
    "rounds", 3, "Measurements of each rule.", lower_bound=1
)
SECONDS = flags.DEFINE_float(
    "seconds", 2.0, "How long a measurement lasts.", lower_bound=0.1
)
RATE = flags.DEFINE_integer(
    "writes_per_second", 10_000, "Writes beside searches.", lower_bound=1
)
BATCH = flags.DEFINE_integer(
    "batch_size", 100, "Memories written at once.", lower_bound=1
)
ONLY = flags.DEFINE_list("only", [], "Rules to measure; all if empty.")

QUERIES = 500
K = 10
RECALL_EVERY = 1.0  # seconds; it reads all rows, so a search after it is slow


def main(_):
    unknown = set(ONLY.value) - set(RULES)
    if unknown:
        raise app.UsageError(
            f"Expected rules among {list(RULES)}. Received: {sorted(unknown)}"
        )
    # Python hands its lock on that often: a search beside a writer waits less.
    sys.setswitchinterval(0.0005)
    started = time.monotonic()
    rows, queries = data.topics(2 * SLOTS.value, DIMENSION.value, QUERIES)
    measured, latencies = [], {}
    with runs.progress_bar() as bar:
        names = ONLY.value or list(RULES)
        task = bar.add_task("", total=len(names) * (1 + ROUNDS.value))
        for name in names:
            bar.update(task, description=f"{name}, filling")
            stream = Stream(RULES[name](), rows, queries)
            rounds = []
            for number in range(ROUNDS.value):
                bar.advance(task)
                bar.update(task, description=f"{name}, round {number + 1}")
                rounds.append(stream.measure(SECONDS.value))
            for measured_round in rounds:  # last: it leaves much to index
                rate = stream.writes_alone(min(1, SECONDS.value))
                measured_round["writes per second"] = rate
            bar.advance(task)
            latencies[name] = stream.latencies
            measured += summary(name, rounds)
    results.write(
        OUTPUT_DIR.value,
        measured,
        time.monotonic() - started,
        packages=("scann",),
    )
    draw(latencies, f"{OUTPUT_DIR.value}/latencies.png")
    rich.console.Console().print(
        rich.markdown.Markdown(results.table(measured))
    )


class Stream:
    """A full store, what is written to it and what is asked of it.

    Args:
        forgetting: the store's rule.
        rows: what it is filled with, then what is written.
        queries: what is searched for.
    """

    def __init__(self, forgetting, rows, queries):
        self.rows = rows
        self.queries = queries
        self.random = np.random.default_rng(0)
        self.refuses = isinstance(forgetting, Refuse)
        self.store = MemoryStore(rows.shape[1], SLOTS.value, forgetting)
        self.ids = collections.deque()  # where the rule is to refuse
        self.next_row = 0
        self.latencies = []  # (seconds since the start, seconds) of searches
        self.write(SLOTS.value)
        self.store.rebuild()
        self.started = time.perf_counter()

    def write(self, count):
        """Writes rows of any usefulness; returns their ids."""
        first = self.next_row % (len(self.rows) - count)
        self.next_row = first + count
        ids = self.store.write(
            self.rows[first : first + count],
            usefulness=self.random.random(count),
        )
        if self.refuses:
            self.ids.extend(ids.tolist())
        return ids

    def measure(self, seconds):
        """A dict of what was measured in some seconds."""
        stop, turn = threading.Event(), threading.Lock()
        counts = {"writes": 0, "missed": 0}
        writer = threading.Thread(
            target=self.write_on, args=(stop, turn, counts)
        )
        recalls, latencies = [], []
        writer.start()
        begun = time.perf_counter()
        next_recall = begun + RECALL_EVERY
        while (now := time.perf_counter()) < begun + seconds:
            self.store.search(self.queries[[len(latencies) % QUERIES]], K)
            done = time.perf_counter()
            latencies.append(done - now)
            self.latencies.append((now - self.started, done - now))
            if done > next_recall:
                with turn:
                    recalls.append(self.recall())
                next_recall = time.perf_counter() + RECALL_EVERY
        stop.set()
        writer.join()
        p50, p99 = np.percentile(latencies, [50, 99])
        return {
            "recall@10": np.mean(recalls or [self.recall()]),
            "search p50 ms": 1000 * p50,
            "search p99 ms": 1000 * p99,
            "searches per second": len(latencies) / seconds,
            "writes per second beside searches": counts["writes"] / seconds,
            "writes not found": counts["missed"],
        }

    def write_on(self, stop, turn, counts):
        """Writes at the given rate, and looks for the last row of a batch."""
        begun = time.perf_counter()
        while not stop.is_set():
            with turn:
                ids = self.change(BATCH.value)
                vector = self.store.read(ids[-1:]).vectors
                found = self.store.search(vector, K)
                # Others may be more similar to it than it is to itself.
                score = (vector**2).sum()
                counts["missed"] += bool(
                    ids[-1] not in found.ids
                    and score > found.scores[0, -1] * (1 + 1e-5)
                )
            counts["writes"] += len(ids)
            ahead = counts["writes"] / RATE.value
            stop.wait(max(0, begun + ahead - time.perf_counter()))

    def change(self, count):
        """Writes some, updates one and deletes a tenth of them."""
        if self.refuses:
            self.make_room(count)
        ids = self.write(count)
        self.store.update(ids[-1:], self.rows[[self.next_row - count]])
        self.store.delete(ids[: count // 10])
        return ids

    def make_room(self, count):
        """Deletes the first that were written."""
        missing = len(self.store) + count - SLOTS.value
        old = []
        while len(old) < missing:
            id = self.ids.popleft()
            if id in self.store:
                old.append(id)
        self.store.delete(old)

    def recall(self):
        """The part of the nearest that some searches find."""
        queries = self.queries[self.random.choice(QUERIES, 16, replace=False)]
        found = self.store.search(queries, K).scores
        best = self.store.search(queries, K, exact=True).scores
        return float((found >= best[:, -1:] - 1e-5).mean())

    def writes_alone(self, seconds):
        """Rows a second in batches of 1,000, without a search."""
        begun, rows = time.perf_counter(), 0
        while time.perf_counter() < begun + seconds:
            if self.refuses:
                self.make_room(1000)
            rows += len(self.write(1000))
        return rows / (time.perf_counter() - begun)


def summary(rule, rounds):
    """Rows of results."""
    slots = SLOTS.value
    size = f"{slots / 1e6:g}M" if slots >= 1e6 else f"{slots / 1e3:g}k"
    return [
        results.row(
            "MemoryStore",
            rule,
            f"{size} x {DIMENSION.value}",
            metric,
            [measured[metric] for measured in rounds],
        )
        for metric in rounds[0]
    ]


def draw(latencies, path):
    """Searches' latency over time, a panel a rule."""
    figure, panels = plt.subplots(
        len(latencies),
        figsize=(8, 1 + 1.5 * len(latencies)),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes, (rule, measured) in zip(
        panels[:, 0], latencies.items(), strict=True
    ):
        seconds, latency = np.array(measured).T
        axes.plot(seconds, 1000 * latency, ",", color="0.6")
        bins = np.floor(seconds * 2)
        for percent, color in ((50, "tab:blue"), (99, "tab:red")):
            axes.plot(
                [bin / 2 + 0.25 for bin in np.unique(bins)],
                [
                    1000 * np.percentile(latency[bins == bin], percent)
                    for bin in np.unique(bins)
                ],
                ".",
                color=color,
                label=f"p{percent} of half a second",
            )
        axes.set_yscale("log")
        axes.set_title(rule, fontsize=9, loc="left")
        axes.set_ylabel("ms")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0, 0].legend(frameon=False, fontsize=8, ncols=2, loc="upper right")
    panels[-1, 0].set_xlabel("seconds")
    figure.suptitle("Searches beside writes")
    with files.replaced(path) as unfinished:
        figure.savefig(unfinished, dpi=150, format="png")
    plt.close(figure)


if __name__ == "__main__":
    app.run(main)
