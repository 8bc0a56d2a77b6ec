"""The dialog bAbI tasks as text and as what a network needs to know."""

from typing import Any, NamedTuple

import tensorflow_datasets as tfds

from memnet_tf import datasets, layers
from memnet_tf.datasets.dialog_babi import config_name, source

MOST_MEMORIES = 100  # sentences that a network remembers, the newest


class Task(NamedTuple):
    """A task as text.

    Attributes:
        splits: a dict by split of `(x, y)`, as `datasets.load` returns them.
        candidates: all that the bot can say.
        entities: a dict by type of the words of the knowledge base.
    """

    splits: dict[str, Any]
    candidates: list[str]
    entities: dict[str, list[str]]


def as_words(text):
    """A text in which names are single words.

    dialog bAbI writes names with "_", at which `layers.WordIds` would part
    them; it keeps words whole that are joined by "-", which no dialog has.

    Example:

    >>> as_words("here it is the_inn_phone")
    'here it is the-inn-phone'
    """
    return text.replace("_", "-")


def load(task, data_dir=None, manual_dir=None):
    """A `Task`, its names as single words.

    Args:
        task: 1 to 6.
        data_dir: folder of prepared data.
        manual_dir: folder of dialog bAbI's folder or archive.
    """
    builder = datasets.DialogBabi(config=config_name(task), data_dir=data_dir)
    tfds.disable_progress_bar()
    splits = {}
    for split in source.splits(task):
        x, y = datasets.load(builder, split, manual_dir)
        x["story"] = [list(map(as_words, story)) for story in x["story"]]
        x["question"] = list(map(as_words, x["question"]))
        splits[split] = x, list(map(as_words, y))
    known = builder.info.metadata
    return Task(
        splits,
        list(map(as_words, known["candidates"])),
        {
            type_: [as_words(word).lower() for word in words]
            for type_, words in known["entities"].items()
        },
    )


def sizes(task, match):
    """What a network of a task needs to know, from training alone.

    Args:
        task: a `Task`.
        match: whether candidates are to match what was said: the words of
            the knowledge base are then known, too.

    Returns:
        A dict of arguments of a network.
    """
    x, y = task.splits["train"]
    texts = [sentence for story in x["story"] for sentence in story]
    texts += [*x["question"], *y]
    vocabulary = layers.build_vocabulary(texts)
    entities = None
    if match:
        known = {word for words in task.entities.values() for word in words}
        vocabulary += sorted(known - set(vocabulary))
        entities = task.entities
    return {
        "vocabulary": vocabulary,
        "sentence_length": max(len(text.split()) for text in set(texts)),
        "memory_size": min(max(map(len, x["story"])), MOST_MEMORIES),
        "candidates": task.candidates,
        "entities": entities,
    }


def encode(network, task):
    """A task as ids, a dict by split of `(x, y)`."""
    return {
        split: network.encode(x, y) for split, (x, y) in task.splits.items()
    }
