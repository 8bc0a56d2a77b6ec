"""Examples of several tasks, in batches of stories of like length."""

import copy

import keras
import numpy as np

LENGTHS = (5, 10, 15, 30, 70, 130)


class Mixture:
    """Examples of several tasks, in batches of stories of like length.

    XLA compiles a step for every shape, and a step takes as long as the
    longest story of its batch. So there are few lengths, and a batch has
    stories of one of them, from whatever tasks.

    Args:
        tasks: a dict of `(x, y)` by name of the task, ids as
            `MemoryNetwork.encode` gives them: `x` a dict of `"story"`, int
            `(N, S, W)`, whose sentences come first, and `"question"`, int
            `(N, W)`; `y` a dict of `"answer"`, int `(N,)`.
        lengths: sentences that stories are padded to, in rising order;
            memories of more than the last are of `S`.

    Raises:
        ValueError: `lengths` do not rise, or there is no task.

    Example:

    >>> x = {"story": np.ones((3, 9, 2), "int32"), "question": np.ones((3, 2))}
    >>> mixture = Mixture({"one": (x, {"answer": np.zeros(3, "int32")})})
    >>> x, y = mixture.draw(np.random.default_rng(0), 4)
    >>> x["story"].shape, y["answer"].shape
    ((4, 9, 2), (4,))
    """

    def __init__(self, tasks, lengths=LENGTHS):
        if not tasks:
            raise ValueError("Expected `tasks`, at least one. Received: none")
        if list(lengths) != sorted(set(lengths)) or lengths[0] < 1:
            raise ValueError(
                "Expected `lengths` of at least 1, in rising order. "
                f"Received: {lengths}"
            )
        self.tasks = list(tasks)
        # Of every task, its examples by length.
        self._parts = {
            task: _by_length(x, y, lengths) for task, (x, y) in tasks.items()
        }

    def __len__(self):
        """Examples of all tasks."""
        return sum(
            len(y["answer"])
            for parts in self._parts.values()
            for _, y in parts.values()
        )

    def up_to(self, longest):
        """The mixture of its stories that are padded to so many sentences.

        Args:
            longest: sentences at most, one of `lengths` or more. Tasks that
                have no such story are left out.

        Raises:
            ValueError: no task has such a story.

        Example:

        >>> x = {"story": np.eye(9)[..., None], "question": np.ones((9, 2))}
        >>> every = Mixture({"one": (x, {"answer": np.zeros(9, "int32")})})
        >>> len(every), len(every.up_to(5))
        (9, 5)
        """
        kept = {
            task: {n: part for n, part in parts.items() if n <= longest}
            for task, parts in self._parts.items()
        }
        kept = {task: parts for task, parts in kept.items() if parts}
        if not kept:
            lengths = sorted({n for p in self._parts.values() for n in p})
            raise ValueError(
                f"Expected `longest` to be at least {lengths[0]}, as short as "
                f"stories are. Received: {longest}"
            )
        shorter = copy.copy(self)
        shorter.tasks, shorter._parts = list(kept), kept
        return shorter

    def draw(self, random, batch_size, shares=None):
        """A batch of stories of one length, `(x, y)`.

        Over many batches a task has its share of the examples, and examples
        of a task are equally likely, drawn with replacement.

        Args:
            random: a `np.random.Generator`.
            batch_size: examples in the batch.
            shares: a number of each task, in the order of `tasks`; all
                equal if None.
        """
        if shares is None:
            shares = np.ones(len(self.tasks))
        weights: dict[int, dict] = {}  # by length and task
        for task, share in zip(self.tasks, shares, strict=True):
            parts = self._parts[task]
            whole = sum(len(y["answer"]) for _, y in parts.values())
            for length, (_, y) in parts.items():
                part = share * len(y["answer"]) / whole
                weights.setdefault(length, {})[task] = part
        lengths = list(weights)
        length = lengths[
            _drawn(random, [sum(weights[n].values()) for n in lengths])
        ]
        names = list(weights[length])
        chosen = _drawn(random, list(weights[length].values()), batch_size)
        pieces = []
        for place, task in enumerate(names):
            count = int(np.sum(chosen == place))
            if count:
                x, y = self._parts[task][length]
                rows = random.integers(len(y["answer"]), size=count)
                pieces.append(_rows((x, y), rows))
        return keras.tree.map_structure(
            lambda *parts: np.concatenate(parts), *pieces
        )

    def every(self, task, batch_size, most=None):
        """The examples of a task once, in batches of one size.

        Args:
            task: its name.
            batch_size: examples in a batch; the last of a length is filled
                with some of its examples again.
            most: examples at most of each length; all if None.

        Yields:
            `(x, y, count)`, of which the first `count` are new.
        """
        for x, y in self._parts[task].values():
            size = min(len(y["answer"]), most or len(y["answer"]))
            for start in range(0, size, batch_size):
                rows = np.arange(start, start + batch_size) % size
                yield *_rows((x, y), rows), min(batch_size, size - start)


def _by_length(x, y, lengths):
    """Parts of examples by length, each trimmed to it."""
    story = np.asarray(x["story"])
    slots = story.shape[1]
    told = np.any(story != 0, axis=-1)  # (N, S)
    last = np.max(np.where(told, np.arange(1, slots + 1), 0), axis=1)
    steps = [length for length in lengths if length < slots] + [slots]
    bins = np.searchsorted(steps, last)
    parts = {}
    for place, length in enumerate(steps):
        rows = np.flatnonzero(bins == place)
        if len(rows):
            questions = np.asarray(x["question"])[rows]
            parts[length] = (
                {"story": story[rows, :length], "question": questions},
                {"answer": np.asarray(y["answer"])[rows]},
            )
    return parts


def _rows(arrays, rows):
    return keras.tree.map_structure(lambda array: array[rows], arrays)


def _drawn(random, weights, size=None):
    weights = np.asarray(weights, "float64")
    return random.choice(len(weights), size=size, p=weights / weights.sum())
