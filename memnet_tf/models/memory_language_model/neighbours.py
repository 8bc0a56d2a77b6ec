"""What remembered states say of the next word, and how much to trust them.

`P` is the number of places of a text, `n` that of memories found for each.
"""

from typing import Any, NamedTuple

import numpy as np

LEAST = 1e-30  # of a probability
_SHARPNESS = 2.0 ** np.arange(-4, 7)  # in parts of the spread of scores
_SHARES = np.arange(0, 0.96, 0.02)


class Neighbours(NamedTuple):
    """The memories found for the places of a text.

    Attributes:
        scores: `(P, n)`, how similar their states are, in no order.
        words: int32 `(P, n)`, the ids of the words that they hold.
        mask: bool `(P, n)`, False where there were fewer.
    """

    scores: Any
    words: Any
    mask: Any

    def shares(self, sharpness):
        """`softmax(sharpness * scores)`, `(P, n)`; 0 where nothing was found.

        Example:

        >>> found = Neighbours(
        ...     scores=np.array([[0.0, np.log(3.0), 0.0]]),
        ...     words=np.array([[2, 3, 2]]),
        ...     mask=np.array([[True, True, False]]),
        ... )
        >>> found.shares(sharpness=1.0).round(2).tolist()
        [[0.25, 0.75, 0.0]]
        """
        highest = self.scores.max(
            axis=1, keepdims=True, initial=-1e30, where=self.mask
        )
        scores = np.where(self.mask, self.scores - highest, 0)
        shares = np.exp(sharpness * scores) * self.mask
        total = shares.sum(axis=1, keepdims=True)
        return shares / np.where(total > 0, total, 1)

    def nearest(self, k):
        """The `k` most similar of each place."""
        if k >= self.scores.shape[1]:
            return self
        scores = np.where(self.mask, self.scores, -np.inf)
        kept = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        return Neighbours(
            *(np.take_along_axis(array, kept, axis=1) for array in self)
        )


def none(k):
    """The `Neighbours` of no place, `k` of each."""
    shape = (0, k)
    return Neighbours(
        np.zeros(shape), np.zeros(shape, "int32"), np.zeros(shape, bool)
    )


def mixed(of_model, of_memory, found, share):
    """`(1 - share) p_model + share p_memory`; `p_model` if nothing was found.

    Args:
        of_model: probabilities `(P, ...)`.
        of_memory: probabilities of the same words.
        found: bool `(P,)`, whether a memory was found.
        share: from 0 to 1.
    """
    share = np.where(found, share, 0)
    share = share.reshape(-1, *[1] * (of_model.ndim - 1))
    return (1 - share) * of_model + share * of_memory


def best_mixture(of_model, neighbours, words):
    """The share and the sharpness that make words likeliest.

    Args:
        of_model: `(P,)`, the model's probabilities of the words.
        neighbours: the `Neighbours` of their places.
        words: int32 `(P,)`, the words that came.

    Returns:
        The share of the memory, a number from 0 to 0.94, and the sharpness.
    """
    found = neighbours.mask.any(axis=1)
    if not found.any():
        return 0.0, 1.0
    spread = max(float(np.std(neighbours.scores[neighbours.mask])), 1e-6)
    right = neighbours.words == words[:, None]
    best = (-np.inf, 0.0, 1.0)
    for sharpness in _SHARPNESS / spread:
        of_memory = (neighbours.shares(sharpness) * right).sum(axis=1)
        for share in _SHARES:
            shares = mixed(of_model, of_memory, found, share)
            likelihood = float(np.log(np.maximum(shares, LEAST)).mean())
            best = max(best, (likelihood, float(share), float(sharpness)))
    return best[1:]
