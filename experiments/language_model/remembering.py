"""Trained language models beside a memory of what they read."""

from typing import Any

import numpy as np

from experiments.language_model import training
from memnet_tf import models
from memnet_tf.memory_store import (
    LeastOftenRead,
    LeastRecentlyRead,
    LeastUseful,
    MemoryStore,
    Oldest,
)

K = 256  # memories found for a word
METRIC = "l2"


def ways(capacity):
    """How memories are bounded: names, and arguments of `evaluate`.

    Args:
        capacity: of the bounded memories.

    Example:

    >>> list(ways(2000))[:2]
    ['all words', '2,000 words, Oldest']
    """
    found: dict[str, tuple[Any, Any]] = {"all words": (None, Oldest())}
    for rule in (Oldest, LeastRecentlyRead, LeastOftenRead, LeastUseful):
        found[f"{capacity:,} words, {rule.__name__}"] = capacity, rule()
    return found


def evaluate(network, texts, capacity, forgetting):
    """Perplexities of a network that remembers, from nothing in each text.

    Args:
        network: a trained `MemN2NLanguageModel`.
        texts: a dict of `"validation"`, by which the mixture is chosen, and
            `"test"`.
        capacity: memories held at most; all words of a text if None.
        forgetting: the rule of the store.

    Returns:
        A dict of `"validation"`, `"test"`, and of the mixture: `"share"` and
        `"sharpness"`.
    """

    def remembering(text, **mixture):
        most = capacity or len(text.split())
        units = network.input_map.units
        return models.MemoryLanguageModel(
            network,
            network.all_words(),
            network.memory_size,
            MemoryStore(units, most, forgetting, METRIC),
            K,
            **mixture,
        )

    model = remembering(texts["validation"])
    chosen = model.choose(texts["validation"])
    mixture = {"share": model.share, "sharpness": model.sharpness}
    test = remembering(texts["test"], **mixture).score(texts["test"])
    scores = {"validation": chosen, "test": test}
    return {
        split: float(np.exp(training.cost(network, score)))
        for split, score in scores.items()
    } | mixture
