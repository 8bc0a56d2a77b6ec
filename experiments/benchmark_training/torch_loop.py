"""MemN2N in PyTorch, eager or compiled: the same mathematics.

Batches are cut beforehand and the optimizer is the fused one.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from experiments.benchmark_training.setting import (
    FIRST_WORD,
    HOPS,
    NOISE,
    SLOTS,
    TABLE_NORM,
    in_batches,
)

_MOST_BLANKS = math.ceil(SLOTS * NOISE)


class Trainer:
    """Trains by a loop in Python; arguments as `keras_fit.Trainer`.

    Args:
        setting: a `setting.Setting`.
        x: ids of stories and questions.
        answer: ids of answers.
        batch_size: examples a step.
        weights: what to begin with, see `setting.initial_weights`.
        bags: whether sentences are encoded as bags of words times the
            embeddings, the fastest way found, in place of a lookup.
        compiled: whether `torch.compile` makes the loss and its gradient.
    """

    def __init__(
        self,
        setting,
        x,
        answer,
        batch_size,
        weights,
        bags=False,
        compiled=False,
    ):
        self.setting = setting
        self.weights = [
            torch.nn.Parameter(torch.tensor(weight)) for weight in weights
        ]
        self.batches = [
            torch.tensor(array).long()
            for array in in_batches(x, answer, batch_size)
        ]
        self.optimizer = torch.optim.SGD(
            self.weights, lr=setting.learning_rate, fused=True
        )
        self.function: Callable[..., Any] = (
            torch.compile(_loss, dynamic=False) if compiled else _loss
        )
        self.encode = _encode_bags if bags else _encode

    def train(self, epochs):
        """Trains for some passes over the examples; the last loss."""
        for _ in range(epochs):
            total = torch.zeros(())
            for batch in zip(*self.batches, strict=True):
                self.optimizer.zero_grad()
                loss = self._loss(batch)
                loss.backward()
                for weight in self.weights:
                    self._clip(weight.grad)
                self.optimizer.step()
                total += loss.detach()
        return float(total) / self.batches[-1].numel()

    def loss(self):
        """The summed loss of the first batch, without noise."""
        first = [array[0] for array in self.batches]
        with torch.no_grad():
            return float(self._loss(first, noise=False))

    def _loss(self, batch, noise=True):
        return self.function(
            self.setting, self.encode, *self.weights, *batch, noise
        )

    def _clip(self, gradient):
        tables = gradient.view(len(gradient), -1, self.setting.units)
        norms = torch.linalg.vector_norm(tables, dim=(0, 2), keepdim=True)
        tables.mul_(TABLE_NORM / norms.clamp(min=TABLE_NORM))


def _loss(setting, encode, words, ages, story, question, answer, noise):
    """The summed cross entropy."""
    mask = (story != 0).any(-1)  # (B, S)
    filled = mask.float()
    age = filled.flip(1).cumsum(1).flip(1)  # the newest has 1
    if noise:
        age = age + _random_shift(filled)
    age = age.clamp(max=SLOTS).long()
    memory = encode(setting, words, story)  # (B, S, (K + 1) d)
    memory = memory + functional.embedding(age, ages) * filled[:, :, None]
    state = encode(setting, words[:, : setting.units], question)
    columns = memory.split(setting.units, -1)
    for hop in range(HOPS):
        keys, values = columns[hop], columns[hop + 1]
        scores = (keys @ state[:, :, None]).squeeze(2)
        addresses = scores.masked_fill(~mask, setting.empty_score).softmax(1)
        state = state + (addresses[:, None] @ values).squeeze(1)
    logits = state @ words[FIRST_WORD:, -setting.units :].T
    return functional.cross_entropy(
        logits, answer - FIRST_WORD, reduction="sum"
    )


def _encode(setting, words, ids):
    """Position encoding, `sum_j l_j * A x_j`, of embeddings looked up."""
    present, constant, slope, dimension = _positions(setting, words, ids)
    weights = constant[..., None] + slope[..., None] * dimension
    embedded = functional.embedding(ids, words)  # (B, S, W, (K + 1) d)
    return (embedded * weights * present[..., None]).sum(-2)


def _encode_bags(setting, words, ids):
    """The same as a bag of words times `A`.

    A sentence is two bags, of each part of the weights, with an embedding
    each. In PyTorch this is faster than `EmbeddingBag` and than weighing
    embeddings word by word.
    """
    present, constant, slope, dimension = _positions(setting, words, ids)
    bags = torch.zeros(*ids.shape[:-1], 2 * setting.ids).scatter_add(
        -1,
        torch.cat([ids, ids + setting.ids], -1),
        torch.cat([present * constant, present * slope], -1),
    )
    return bags @ torch.cat([words, words * dimension])


def _positions(setting, words, ids):
    """Where there is a word, and the parts of its weight.

    That is `constant_j + slope_j dimension_k`, `(..., W)`, the same and
    `((K + 1) d,)`.
    """
    present = (ids != 0).float()
    units, length = setting.units, setting.sentence_length
    position = torch.arange(1, length + 1)
    dimension = torch.arange(words.shape[-1]) % units + 1
    if setting.formula == "published_code":
        slope = (position - (length + 1) / 2) / length
        from_middle = 4 * (dimension - (units + 1) / 2) / units
        return present, torch.ones(length), slope, from_middle
    fraction = position / present.sum(-1, keepdim=True).clamp(min=1)  # j/J
    return present, 1 - fraction, 2 * fraction - 1, dimension / units


def _random_shift(filled):
    """Empty memories put after each slot `(B, S)`, see `TimeEncoding`."""
    batch = len(filled)
    gaps = -torch.rand(batch, SLOTS + 1).clamp(min=1e-7).log()
    cuts = (gaps[:, :SLOTS] * filled).flip(1).cumsum(1).flip(1)
    thrown = torch.rand(batch, _MOST_BLANKS) * (cuts[:, :1] + gaps[:, SLOTS:])
    most = (filled.sum(1, keepdim=True) * NOISE).ceil()
    blanks = (torch.rand(batch, 1) * (most + 1)).floor()
    thrown = thrown.masked_fill(
        torch.arange(_MOST_BLANKS) >= blanks, float("inf")
    )
    return (thrown[:, None] < cuts[:, :, None]).sum(2)
