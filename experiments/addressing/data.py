"""Questions of the tasks, and their stories stretched by other sentences."""

import functools
import re
from typing import Any, NamedTuple

import numpy as np

from experiments.babi import data as babi
from memnet_tf import datasets
from memnet_tf.datasets.simulated_world import config_name, world

WORLD = "world"
TASKS = ("1", "2", "3", "16", WORLD)
STRETCHED = ("1", "2", WORLD)  # tasks whose stories can be
FACTS = ("2", "3")  # tasks of two and of three facts
MEMORIES = babi.MOST_MEMORIES  # of a story to learn from, at most
DRAWS = 5  # times that an epoch has each bAbI question, stretched anew
# Whom and what questions are about. Not places: without the place that is
# the answer, the place told least would be it.
_ENTITIES = frozenset(
    name.lower()
    for name in (
        *("Mary", "John", "Sandra", "Daniel"),
        *("football", "milk", "apple"),
        *world.ACTORS,
        *world.OBJECTS,
    )
)
_WORD = re.compile(r"\w+")


class Questions(NamedTuple):
    """Questions about stories, as ids.

    Attributes:
        story: int32 `(N, S, W)`, the newest `S` sentences of each.
        question: int32 `(N, W)`.
        answer: int32 `(N,)`.
        support: int32 `(N, F)`, the slots that the answer needs, the last
            again and again where they are fewer than `F`; -1 for a sentence
            that was forgotten.
    """

    story: Any
    question: Any
    answer: Any
    support: Any


def name(task):
    """What a task is called in results."""
    return "simulated world" if task == WORLD else f"bAbI {task}"


def load(task, data_dir=None, manual_dir=None):
    """A task as text: a dict of `(x, y)` by split.

    Args:
        task: one of `TASKS`: a bAbI task at 1k, or the simulated world.
        data_dir: folder of prepared data.
        manual_dir: folder of bAbI's folder or archive.
    """
    if task != WORLD:
        return babi.load(int(task), "1k", data_dir, manual_dir)
    builder = datasets.SimulatedWorld(
        config=config_name("actor and object", difficulty=5),
        data_dir=data_dir,
    )
    return {split: datasets.load(builder, split) for split in babi.SPLITS}


def sample(text, count, random):
    """Some of the questions of an `(x, y)`, drawn without putting back."""
    x, y = text
    rows = random.permutation(len(y))[:count]
    x = {part: [values[row] for row in rows] for part, values in x.items()}
    return x, [y[row] for row in rows]


def stretch(text, pool, memories, random, partly=False):
    """Stories filled up with sentences about others than the question is.

    A story of at most 50 sentences (the newest) is laid out over 50 places
    drawn at random, in its order. A place is a slot, or in a longer memory
    `memories / 50` slots, one of them drawn for the sentence; so a story
    is as dense in time, however long the memory. All other slots are given
    sentences of the pool that name nobody and no thing that the question or
    its support names. Places are named: the answer is not what is missing.

    Args:
        text: `(x, y)` as `MemoryNetwork.fit` takes it, with support.
        pool: sentences of other stories, each once.
        memories: how many sentences a stretched story has, a multiple of 50.
        random: a `numpy.random.Generator`.
        partly: whether a share alone of the other slots is filled and the
            rest left out; the root of the share is drawn evenly, so that
            many stories stay short. From such stories networks learn what
            they do not learn where all are long.

    Returns:
        `(x, y)`, without questions about everyone in the pool or whose
        support is not in the newest 50 sentences.
    """

    @functools.cache
    def others(named):
        return np.array([s for s in pool if not named & entities(s)], object)

    x, y = text
    ticks = memories // MEMORIES
    stretched: dict[str, list] = {"story": [], "question": [], "support": []}
    answers = []
    for story, question, support, answer in zip(
        x["story"], x["question"], x["support"], y, strict=True
    ):
        told = [question, *(story[place] for place in support)]
        choices = others(frozenset().union(*map(entities, told)))
        first = max(len(story) - MEMORIES, 0)
        if not len(choices) or min(support) < first:
            continue
        slots = random.choice(MEMORIES, len(story) - first, replace=False)
        slots = np.sort(slots) * ticks + random.integers(ticks, size=len(slots))
        filled = random.choice(choices, memories)
        filled[slots] = story[first:]
        share = random.random() ** 2 if partly else 1
        kept = random.random(memories) < share
        kept[slots] = True
        slots = np.cumsum(kept)[slots] - 1
        stretched["story"].append(filled[kept].tolist())
        stretched["question"].append(question)
        stretched["support"].append(
            [int(slots[place - first]) for place in support]
        )
        answers.append(answer)
    return stretched, answers


@functools.cache
def entities(text):
    """Whom and what a text names."""
    return _ENTITIES.intersection(_WORD.findall(text.lower()))


def told(splits):
    """The sentences of all training stories."""
    return sorted({s for story in splits["train"][0]["story"] for s in story})


def repeated(text, times):
    """The `(x, y)` of a split, one time after the other."""
    x, y = text
    return {part: values * times for part, values in x.items()}, y * times


def encode(word_ids, text, slots):
    """Questions about the newest `slots` sentences of stories, as ids.

    Args:
        word_ids: a `layers.WordIds`.
        text: `(x, y)` as `MemoryNetwork.fit` takes it, with support.
        slots: `S`.
    """
    x, y = text
    numbers: dict[str, int] = {}  # each different sentence is looked up once
    places = np.zeros((len(y), slots), "int32")
    for row, story in zip(places, x["story"], strict=True):
        kept = story[-slots:]
        row[: len(kept)] = [
            numbers.setdefault(sentence, len(numbers) + 1) for sentence in kept
        ]
    ids = word_ids(list(numbers)).numpy()
    ids = np.concatenate([np.zeros_like(ids[:1]), ids])
    return Questions(
        ids[places],
        word_ids(x["question"]).numpy(),
        word_ids.word_id(y).numpy(),
        _slots_of(x["support"], x["story"], slots),
    )


def _slots_of(support, stories, slots):
    most = max(map(len, support))
    rows = []
    for places, story in zip(support, stories, strict=True):
        places = [*places, *places[-1:] * (most - len(places))]
        forgotten = max(len(story) - slots, 0)
        rows.append([max(place - forgotten, -1) for place in places])
    return np.array(rows, "int32")
