"""What a network is trained with."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import keras

SHORT = 20  # sentences at most of a story that takes little time


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A network and its training.

    Attributes:
        model: name of the model.
        build: function of a vocabulary, a sentence length and a memory size
            that makes the network, compiled; and, where it is `adaptive`, of
            the most sentences that support an answer.
        epochs: times the questions are seen.
        batch_size: questions a step.
        callbacks: function of nothing that makes the callbacks of a run.
        solved: see `experiments.runs.Runs.train`.
        support: whether it is trained with the support, too.
        adaptive: whether it has as many hops as there can be support.
        options: what differs from the published setting, in words.
        most_memories: sentences that the network remembers at most.
        batches: `"shuffled"`, those of `fit`, whose epochs are all questions
            once; `"like_length"`, of stories of like length, which take less
            time (`training.Mixture`); or `"by_loss"`, the same of tasks
            drawn by their loss.
        steps: batches an epoch; None for as many as there are questions.
        curriculum: see `training.MixtureTrainer.fit`; its epochs are among
            the `epochs`.
        short: the recipe of tasks whose stories have at most `SHORT`
            sentences, if it is another.
        tasks: recipes of single tasks, by task, that come before both.
    """

    model: str
    build: Callable[..., Any]
    epochs: int
    batch_size: int
    callbacks: Callable[[], list[keras.callbacks.Callback]]
    solved: int | None = None
    support: bool = False
    adaptive: bool = False
    options: tuple[str, ...] = ()
    most_memories: int = 50
    batches: str = "shuffled"
    steps: int | None = None
    curriculum: tuple[tuple[int, int], ...] = ()
    short: "Recipe | None" = None
    tasks: Mapping[int, "Recipe"] = dataclasses.field(default_factory=dict)

    def of(self, tasks, longest):
        """The recipe of tasks whose longest story has so many sentences."""
        short = self.short if self.short and longest <= SHORT else self
        return self.tasks.get(tasks[0], short) if len(tasks) == 1 else short
