"""The dialog bAbI tasks as text and as what a network needs to know."""

from typing import Any, NamedTuple

import tensorflow_datasets as tfds

from experiments.dialog_babi.conversation import ANY, API_CALL
from memnet_tf import datasets, layers
from memnet_tf.datasets.dialog_babi import config_name, source

MOST_MEMORIES = 100  # sentences that a network remembers, the newest
MARKS = "."  # the one mark that alone tells some responses of task 6 apart


class Task(NamedTuple):
    """A task as text.

    Attributes:
        splits: a dict by split of `(x, y)`, as `datasets.load` returns them.
        candidates: all that the bot can say.
        entities: the words of the knowledge base and of the bot's calls, by
            type; see `of_words` and `with_calls`.
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


def with_calls(entities, candidates):
    """Entities and what the bot's calls name that is not among them.

    A call such as `"api_call thai rome cheap"` has a type in each place: that
    of most words that are there. In task 6 calls name 70 cuisines, of which the
    knowledge base has 24.

    Args:
        entities: as `of_words` returns them.
        candidates: all that the bot can say.

    Example:

    >>> calls = ["api_call old_thai rome", "api_call thai R_location"]
    >>> with_calls({"location": ["rome"], "food": ["thai"]}, calls)
    {'location': ['rome'], 'food': ['old', 'thai']}
    """
    found = {type_: set(words) for type_, words in entities.items()}
    calls = [
        text.split()[1:] for text in candidates if text.startswith(API_CALL)
    ]
    for values in zip(*calls, strict=True):
        named = {
            word
            for value in values
            if not value.startswith(ANY)
            for word in value.lower().split("_")
        }
        type_ = max(found, key=lambda type_: len(named & set(entities[type_])))
        found[type_] |= named - set().union(*found.values())
    return {type_: sorted(words) for type_, words in found.items()}


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
    candidates = known["candidates"]
    entities = with_calls(of_words(known["entities"]), candidates)
    return Task(splits, candidates, entities)


def sizes(task, match):
    """What a network of a task needs to know, from training alone.

    Args:
        task: a `Task`.
        match: whether candidates are to match what was said: the words of
            the knowledge base and of calls are then known, too.

    Returns:
        A dict of arguments of a network.
    """
    x, y = task.splits["train"]
    texts = [sentence for story in x["story"] for sentence in story]
    texts += [*x["question"], *y]
    vocabulary = layers.build_vocabulary(texts, marks=MARKS)
    entities = None
    if match:
        known = {word for words in task.entities.values() for word in words}
        vocabulary += sorted(known - set(vocabulary))
        entities = task.entities
    return {
        "vocabulary": vocabulary,
        "sentence_length": max(map(_words, set(texts))),
        "memory_size": min(max(map(len, x["story"])), MOST_MEMORIES),
        "candidates": task.candidates,
        "entities": entities,
    }


def encode(network, task):
    """A task as ids, a dict by split of `(x, y)`."""
    return {
        split: network.encode(x, y) for split, (x, y) in task.splits.items()
    }


def _words(text):
    """How many words a text has, for "_" parts words and marks are some."""
    return len(text.replace("_", " ").replace(MARKS, f" {MARKS} ").split())
