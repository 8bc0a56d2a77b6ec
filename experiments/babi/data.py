"""The bAbI tasks as text and as ids, and what controls make of them."""

import collections
import re

import keras
import numpy as np
import tensorflow_datasets as tfds

from memnet_tf import datasets, layers
from memnet_tf.datasets.babi import config_name

SPLITS = ("train", "validation", "test")
MOST_MEMORIES = 50  # sentences that a network remembers, as MemN2N's paper has
_WORD = re.compile(r"[\w'-]+")


def folder(size):
    """bAbI's folder of a size, `"1k"` or `"10k"`, with a validation split."""
    return "en-valid" if size == "1k" else "en-valid-10k"


def load(task, size, data_dir=None, manual_dir=None, splits=SPLITS):
    """A task as text.

    Args:
        task: 1 to 20.
        size: `"1k"` or `"10k"`, training and validation questions. Of task
            3 at 10k, most training questions are simulated.
        data_dir: folder of prepared data.
        manual_dir: folder of bAbI's folder or archive.
        splits: those that are wanted.

    Returns:
        A dict of `(x, y)` by split, as `MemoryNetwork.fit` takes them.
    """
    builder = datasets.Babi(
        config=config_name(folder(size), task, is_simulated(task, size)),
        data_dir=data_dir,
    )
    tfds.disable_progress_bar()
    return {
        split: datasets.load(builder, split, manual_dir) for split in splits
    }


def is_simulated(task, size):
    """Whether training questions of a task are simulated."""
    return task == 3 and size == "10k"


def invent_words(tasks):
    """Every word of the tasks replaced by an invented one, one for one.

    Invented words have the alphabetical order of the words they stand for,
    so that a vocabulary is ordered, and a network begins, as with these.

    Args:
        tasks: a dict of what `load` returns.
    """
    words = sorted(
        {
            word.lower()
            for splits in tasks.values()
            for x, y in splits.values()
            for text in _texts(x, y)
            for word in _WORD.findall(text)
        }
    )
    invented = {word: _invent(number) for number, word in enumerate(words)}

    def replace(text):
        return _WORD.sub(lambda match: invented[match[0].lower()], text)

    return {
        task: {split: _told(replace, *data) for split, data in splits.items()}
        for task, splits in tasks.items()
    }


def _texts(x, y):
    told = {sentence for story in x["story"] for sentence in story}
    return told | set(x["question"]) | set(y)


def _told(replace, x, y):
    sentences = {text: replace(text) for text in _texts(x, y)}
    x = {
        **x,
        "story": [[sentences[s] for s in story] for story in x["story"]],
        "question": [sentences[question] for question in x["question"]],
    }
    return x, [sentences[answer] for answer in y]


def _invent(number):
    """A word of four syllables; a larger number comes later in a lexicon."""
    letters = []
    for _ in range(4):
        number, rest = divmod(number, 50)
        letters.append("bdfgklmnpr"[rest // 5] + "aeiou"[rest % 5])
    return "".join(reversed(letters))


def shuffle_answers(tasks):
    """Answers of training and validation dealt out anew within a task."""
    random = np.random.default_rng(0)
    return {
        task: {
            split: (x, y if split == "test" else random.permutation(y).tolist())
            for split, (x, y) in splits.items()
        }
        for task, splits in tasks.items()
    }


def empty_memories(tasks):
    """Questions without their stories."""
    return {
        task: {
            split: (
                {"story": [[] for _ in y], "question": x["question"]},
                y,
            )
            for split, (x, y) in splits.items()
        }
        for task, splits in tasks.items()
    }


# What each control does to the tasks; the name is part of the variant.
CONTROLS = {
    "invented words": invent_words,
    "shuffled answers": shuffle_answers,
    "empty memory": empty_memories,
}


def most_frequent_errors(splits):
    """Errors in percent by split if the most frequent answer is given.

    Args:
        splits: what `load` returns; the answer is that of training.
    """
    (answer, _), *_ = collections.Counter(splits["train"][1]).most_common(1)
    return {
        split: 100 * sum(other != answer for other in y) / len(y)
        for split, (_, y) in splits.items()
    }


def sizes(tasks, most_memories=MOST_MEMORIES):
    """What a network of some tasks needs to know, from training alone.

    Args:
        tasks: a dict of what `load` returns.
        most_memories: sentences that it remembers at most.

    Returns:
        `(vocabulary, sentence_length, memory_size)`.
    """
    texts, answers, longest = [], [], 1
    for splits in tasks.values():
        x, y = splits["train"]
        texts += [sentence for story in x["story"] for sentence in story]
        texts += x["question"]
        answers += y
        longest = max(longest, *map(len, x["story"]))
    words = max(len(text.split()) for text in set(texts))
    vocabulary = layers.build_vocabulary(texts, answers)
    return vocabulary, words, min(longest, most_memories)


def most_supports(tasks):
    """The most sentences that support an answer of some tasks, in training."""
    return max(
        len(support)
        for splits in tasks.values()
        for support in splits["train"][0]["support"]
    )


def encode(network, tasks, support):
    """The tasks as ids.

    Args:
        network: the network that is to read them.
        tasks: a dict of what `load` returns.
        support: whether it is told the support.

    Returns:
        A dict by split of dicts by task of `(x, y)`.
    """
    kept = ("story", "question", *(["support"] if support else []))
    return {
        split: {
            task: network.encode(
                {name: splits[split][0][name] for name in kept},
                splits[split][1],
            )
            for task, splits in tasks.items()
        }
        for split in SPLITS
    }


def together(tasks):
    """The `(x, y)` of all tasks, one after the other."""
    return keras.tree.map_structure(
        lambda *arrays: np.concatenate(arrays), *tasks.values()
    )
