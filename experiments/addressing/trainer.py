"""Trains networks that differ in their addressing, one seed after the other."""

import dataclasses
from typing import Any

import numpy as np

from experiments import runs
from experiments.addressing import data, measure, search, variants
from experiments.babi import data as babi
from memnet_tf import layers, training


@dataclasses.dataclass(frozen=True)
class Options:
    """What holds for all trainings.

    Attributes:
        steps: of a training.
        memories: of the stretched stories that networks are tested on.
        questions: of these stories, at most.
        data_dir: folder of prepared data.
        manual_dir: folder of bAbI's folder or archive.
    """

    steps: int
    memories: tuple[int, ...]
    questions: int
    data_dir: str | None = None
    manual_dir: str | None = None


class Data:
    """A task's questions, to learn from and to be tested on.

    Args:
        task: one of `data.TASKS`.
        stretched: whether stories are filled up with other sentences.
        options: an `Options`.

    Attributes:
        sizes: `(vocabulary, sentence_length, memory_size)`.
        train: `(x, y)` as text.
        tests: `data.Questions` by what they test: `"validation"`, `"test"`,
            or in its place each number of memories, as a string.
    """

    def __init__(self, task, stretched, options):
        splits = data.load(task, options.data_dir, options.manual_dir)
        vocabulary, length, slots = babi.sizes({task: splits})
        if task != data.WORLD:
            splits["train"] = data.repeated(splits["train"], data.DRAWS)
        texts = {split: (slots, splits[split]) for split in babi.SPLITS}
        if stretched:
            slots = data.MEMORIES
            texts = _stretched(splits, options)
        self.sizes = vocabulary, length, slots
        _, self.train = texts.pop("train")
        word_ids = layers.WordIds(vocabulary, length)
        self.tests = {
            name: data.encode(word_ids, text, memories)
            for name, (memories, text) in texts.items()
        }


def _stretched(splits, options):
    """Texts with their number of memories, by what they are for."""
    random = np.random.default_rng(0)
    pool = data.told(splits)
    test = data.sample(splits["test"], options.questions, random)
    texts = {
        "train": splits["train"],
        "validation": splits["validation"],
        **{str(memories): test for memories in options.memories},
    }
    found = {}
    for name, text in texts.items():
        memories = int(name) if name.isdigit() else data.MEMORIES
        partly = name == "train"
        text = data.stretch(text, pool, memories, random, partly)
        found[name] = memories, text
    return found


class Trainer:
    """Trains settings, with one seed after the other.

    Args:
        options: an `Options`.
        store: a `runs.Runs`.
    """

    def __init__(self, options, store):
        self.options = options
        self.store = store
        self._data: dict[tuple[str, bool], Data] = {}

    def train(self, setting, seeds):
        """Yields the result of each seed.

        A dict of what `measure.reader` returns by what was tested, `steps`
        of an epoch, and what `runs.Runs.train` adds.
        """
        network: Any = None
        for seed in seeds:
            run = self.run(setting, seed)
            result = self.store.result(*run)
            if result is None:
                if network is None:
                    network = _Prepared(
                        setting, self.data(setting), self.options
                    )
                result = network.train(seed, self.store, run)
            yield result

    def search(self, setting, seeds):
        """Yields, of trained networks, what `search.measure` returns.

        The stories are the longest of the stretched ones.
        """
        memories = str(max(self.options.memories))
        for seed, _ in zip(seeds, self.train(setting, seeds), strict=True):
            run = self.run(setting, seed)

            def measured(run=run):
                found = search.measure(
                    self.store.network(*run),
                    self.data(setting).tests[memories],
                    data.MEMORIES,
                )
                return {"memories": memories, "found": found}

            yield self.store.once(measured, "search", *run)

    def run(self, setting, seed):
        """What a run is called."""
        name = data.name(setting.task)
        if setting.stretched:
            memories = " ".join(map(str, self.options.memories))
            name = f"{name} stretched {memories}"
        hops = f"{setting.hops} hops"
        return setting.addressing.name, hops, name, f"seed {seed}"

    def data(self, setting):
        """The `Data` of a setting, kept until another task's is wanted."""
        key = setting.task, setting.stretched
        if key not in self._data:
            self._data.clear()
            self._data[key] = Data(*key, self.options)
        return self._data[key]


class _Prepared:
    """A network and its data, ready to be trained again and again."""

    def __init__(self, setting, found, options):
        x, y = found.train
        parts = ["story", "question"]
        if setting.addressing.support:
            parts.append("support")
        self.steps = -(-len(y) // variants.BATCH_SIZE)
        self.epochs = max(round(options.steps / self.steps), 2)
        self.network = variants.build(
            setting.addressing,
            setting.hops,
            found.sizes,
            self.epochs * self.steps,
        )
        self.train_data = self.network.encode(
            {name: x[name] for name in parts}, y
        )
        self.tests = found.tests
        self.read = measure.reader(self.network, found.sizes[2])

    def train(self, seed, store, run):
        runs.start_again(self.network, seed)
        linear = max(round(self.epochs * variants.LINEAR_START), 1)
        return store.train(
            self.network,
            *self.train_data,
            self._evaluate,
            *run,
            callbacks=[
                measure.Clock(),
                training.LinearStart(patience=linear, epochs=linear),
            ],
            batch_size=variants.BATCH_SIZE,
            epochs=self.epochs,
        )

    def _evaluate(self, network):
        found = {name: self.read(test) for name, test in self.tests.items()}
        return {"steps": self.steps, "found": found}
