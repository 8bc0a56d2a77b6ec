"""What is trained for each part of the comparison."""

import dataclasses

from experiments.addressing import data, variants
from experiments.addressing.variants import ADDRESSINGS, HOPS

PARTS = ("addressing", "memories", "hops", "search")


@dataclasses.dataclass(frozen=True)
class Setting:
    """A network and what it is trained on.

    Attributes:
        task: one of `data.TASKS`.
        hops: reads of the memory.
        addressing: a `variants.Addressing`.
        stretched: whether stories are filled up with other sentences.
    """

    task: str
    hops: int
    addressing: variants.Addressing
    stretched: bool = False


def settings(part, tasks, only=()):
    """What is trained for a part of the comparison.

    Args:
        part: one of `PARTS`.
        tasks: some of `data.TASKS`.
        only: names of addressings; all if empty.
    """
    every = [a for a in ADDRESSINGS if not only or a.name in only]
    if part == "addressing":
        return [Setting(t, HOPS, a) for t in tasks for a in every]
    if part == "hops":
        return [
            Setting(task, hops, addressing)
            for task in tasks
            if task in data.FACTS
            for hops in (1, 2, 3, 4)
            for addressing in every
            if addressing.name in variants.OF_HOPS
        ]
    return [
        Setting(task, HOPS, addressing, stretched=True)
        for task in tasks
        if task in data.STRETCHED
        for addressing in every
        if part == "memories" or addressing.name in variants.OF_SEARCH
    ]
