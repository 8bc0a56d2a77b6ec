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
        entities: the words of the knowledge base, as `of_words` returns them.
    """

    splits: dict[str, Any]
    candidates: list[str]
    entities: dict[str, list[str]]


def of_words(entities):
    """The words of entities, by type.

    Values that are the names they belong to and the type, such as a phone
    number `"the_inn_phone"`, are told from names by the type alone.

    Args:
        entities: a dict by type of lists of values.

    Example:

    >>> of_words({"phone": ["inn_phone", "bar_phone"], "food": ["Old_Thai"]})
    {'phone': ['phone'], 'food': ['old', 'thai']}
    """
    found = {}
    for type_, values in entities.items():
        if all(value.endswith(f"_{type_}") for value in values):
            values = [type_]
        words = {word for value in values for word in value.lower().split("_")}
        found[type_] = sorted(words)
    return found


def load(task, data_dir=None, manual_dir=None):
    """A `Task`.

    Args:
        task: 1 to 6.
        data_dir: folder of prepared data.
        manual_dir: folder of dialog bAbI's folder or archive.
    """
    builder = datasets.DialogBabi(config=config_name(task), data_dir=data_dir)
    tfds.disable_progress_bar()
    splits = {}
    for split in source.splits(task):
        splits[split] = datasets.load(builder, split, manual_dir)
    known = builder.info.metadata
    return Task(splits, known["candidates"], of_words(known["entities"]))


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
        # At most, for "_" parts words.
        "sentence_length": max(
            len(text.replace("_", " ").split()) for text in set(texts)
        ),
        "memory_size": min(max(map(len, x["story"])), MOST_MEMORIES),
        "candidates": task.candidates,
        "entities": entities,
    }


def encode(network, task):
    """A task as ids, a dict by split of `(x, y)`."""
    return {
        split: network.encode(x, y) for split, (x, y) in task.splits.items()
    }
