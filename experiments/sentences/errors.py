"""How far sentences are from those that should have been said."""

import numpy as np
import tensorflow as tf

from experiments import results
from experiments.batches import in_batches

METRICS = {
    "exact": "sentences right %",
    "word error": "word error %",
}
_BATCH = 500


def sayer(network, beams):
    """A function of ids `x` that returns the ids `(N, W)` of what is said.

    It is compiled once, however often the network is trained again.

    Args:
        network: a `GenerativeMemN2N`.
        beams: beginnings kept; 1 is greedy.
    """
    other = type(network).from_config({**network.get_config(), "beams": beams})

    @tf.function(jit_compile=True)
    def say(x):
        return other(x)["sentences"][:, 0]

    def say_all(x):
        other.set_weights(network.get_weights())
        x = {name: x[name] for name in ("story", "question")}
        return in_batches(say, x, _BATCH)

    return say_all


def measure(said, right):
    """How well sentences are said, in percent.

    Args:
        said: ids `(N, W)`, 0 after the end.
        right: ids `(N, W)`.

    Returns:
        A dict of `"exact"`, sentences of which every word is right, and
        `"word error"`, words to change, leave out or put in, of the words
        that there should be.

    Example:

    >>> measure(np.array([[5, 6, 0], [5, 0, 0]]), np.array([[5, 6, 0]] * 2))
    {'exact': 50.0, 'word error': 25.0}
    """
    changes = sum(map(distance, said, right))
    return {
        "exact": 100 * float(np.mean(np.all(said == right, axis=1))),
        "word error": 100 * changes / int(np.sum(right != 0)),
    }


def distance(said, right):
    """Words to change, leave out or put in to get from one to the other.

    Example:

    >>> distance(np.array([5, 6, 7, 0]), np.array([6, 8, 7, 9]))
    3
    """
    said, right = said[said != 0], right[right != 0]
    costs = list(range(len(right) + 1))
    for count, word in enumerate(said.tolist(), start=1):
        before, costs = costs, [count]
        for place, other in enumerate(right.tolist()):
            costs.append(
                min(
                    before[place] + (word != other),
                    before[place + 1] + 1,
                    costs[place] + 1,
                )
            )
    return costs[-1]


def rows(model, variant, task, found):
    """The rows of a variant: of every metric.

    Args:
        model: name of the model.
        variant: how it says sentences.
        task: what it was trained on.
        found: for every seed a dict by split of what `measure` returned.
            `best` is the seed that says most validation sentences right.
    """
    validation = [seed["validation"]["exact"] for seed in found]
    best = int(np.argmax(validation))
    return [
        results.row(
            model,
            variant,
            task,
            name,
            [seed["test"][metric] for seed in found],
            best=found[best]["test"][metric],
        )
        for metric, name in METRICS.items()
    ]
