"""The rows of results of the knowledge base."""

import numpy as np

from experiments import results

# What every result says: MetaQA's training questions are not there.
HITS = "hits@1, trained on templates"
ANSWERABLE = "hits@1 of the answerable, trained on templates"
COVERAGE = "answerable, %"


def of_network(variant, hops, found):
    """The rows of a variant: hits of all questions, and of the answerable.

    `best` is the seed of most hits on validation.

    Args:
        variant: its name.
        hops: 1 to 3.
        found: for each seed a dict by split of a dict of `"hits"` and
            `"answerable"`, in percent.
    """
    validation = [seed["validation"]["hits"] for seed in found]
    best = int(np.argmax(validation))
    for metric, name in ((HITS, "hits"), (ANSWERABLE, "answerable")):
        values = [seed["test"][name] for seed in found]
        yield results.row(
            "KeyValueMemNN",
            variant,
            task(hops),
            metric,
            values,
            best=values[best],
            training_seconds=[seed["seconds"] for seed in found],
        )


def of_baselines(hops, values):
    """The rows of what is not trained, and of what can be answered at all.

    Args:
        hops: 1 to 3.
        values: a dict by model of `(variant, metric, values)`.
    """
    for model, (variant, metric, found) in values.items():
        yield results.row(model, variant, task(hops), metric, found)


def task(hops):
    """Its name.

    Example:

    >>> task(1), task(2)
    ('1 hop', '2 hops')
    """
    return f"{hops} hop" if hops == 1 else f"{hops} hops"
