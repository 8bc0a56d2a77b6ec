"""MemN2N by hand in TensorFlow: how fast the same step can be.

Nothing but variables and a training step that XLA compiles whole, in a loop
that Python has no part in. Batches are cut beforehand.
"""

import itertools

import numpy as np
import tensorflow as tf

from experiments.benchmark_training.setting import (
    FIRST_WORD,
    HOPS,
    NOISE,
    SLOTS,
    TABLE_NORM,
    in_batches,
)

_MOST_BLANKS = int(np.ceil(SLOTS * NOISE))


class Trainer:
    """Trains by a loop in a `tf.function`; arguments as `keras_fit.Trainer`."""

    def __init__(self, setting, x, answer, batch_size, weights):
        self.setting = setting
        self.words, self.ages = (tf.Variable(weight) for weight in weights)
        self.batches = [
            tf.constant(array) for array in in_batches(x, answer, batch_size)
        ]
        self.epochs = 0
        self.step = tf.function(self._step, jit_compile=True)
        self.epoch = tf.function(self._epoch)

    def train(self, epochs):
        """Trains for some passes over the examples; the last loss."""
        for _ in range(epochs):
            self.epochs += 1
            total = self.epoch(tf.constant(self.epochs), *self.batches)
        examples = self.batches[-1].shape.num_elements()
        return float(total) / examples

    def loss(self):
        """The summed loss of the first batch, without noise."""
        first = [array[0] for array in self.batches]
        return float(self._loss(*first))

    def _epoch(self, epoch, story, question, answer):
        total = 0.0
        for i in tf.range(len(story)):
            seed = tf.stack([epoch, i])
            total += self.step(story[i], question[i], answer[i], seed)
        return total

    def _step(self, story, question, answer, seed):
        weights = [self.words, self.ages]
        with tf.GradientTape() as tape:
            loss = self._loss(story, question, answer, seed)
        gradients = tape.gradient(loss, weights)
        for weight, gradient in zip(weights, gradients, strict=True):
            tables = tf.reshape(
                gradient, [weight.shape[0], -1, self.setting.units]
            )
            tables = tf.clip_by_norm(tables, TABLE_NORM, axes=[0, 2])
            weight.assign_sub(
                self.setting.learning_rate * tf.reshape(tables, weight.shape)
            )
        return loss

    def _loss(self, story, question, answer, seed=None):
        weights = self.words, self.ages
        return _loss(self.setting, *weights, story, question, answer, seed)


def _loss(setting, words, ages, story, question, answer, seed):
    """The summed cross entropy; with a seed, random noise is in the ages."""
    mask = tf.reduce_any(story != 0, axis=-1)  # (B, S)
    filled = tf.cast(mask, tf.float32)
    age = tf.cumsum(filled, axis=1, reverse=True)  # the newest has 1
    if seed is not None:
        age += _random_shift(filled, seed)
    age = tf.cast(tf.minimum(age, SLOTS), tf.int32)
    memory = _encode(setting, words, story)  # (B, S, (K + 1) d)
    memory += tf.gather(ages, age) * filled[:, :, None]
    state = _encode(setting, words[:, : setting.units], question)
    columns = tf.split(memory, HOPS + 1, axis=-1)
    for keys, values in itertools.pairwise(columns):
        scores = tf.linalg.matvec(keys, state)
        scores = tf.where(mask, scores, setting.empty_score)
        addresses = tf.nn.softmax(scores)
        state += tf.linalg.matvec(values, addresses, transpose_a=True)
    logits = tf.matmul(state, words[:, -setting.units :], transpose_b=True)
    logits = tf.where(tf.range(setting.ids) >= FIRST_WORD, logits, -3e4)
    return tf.reduce_sum(
        tf.nn.sparse_softmax_cross_entropy_with_logits(answer, logits)
    )


def _encode(setting, words, ids):
    """Position encoding, `sum_j l_j * A x_j`."""
    present = tf.cast(ids != 0, tf.float32)
    units, length = setting.units, setting.sentence_length
    position = np.arange(1, length + 1, dtype="float32")
    dimension = np.arange(words.shape[-1], dtype="float32") % units + 1
    if setting.formula == "published_code":
        from_middle = 4 * (dimension - (units + 1) / 2) / units
        weights = 1 + from_middle * (
            (position[:, None] - (length + 1) / 2) / length
        )
    else:
        count = tf.maximum(tf.reduce_sum(present, -1, keepdims=True), 1)
        fraction = (position / count)[..., None]  # j/J: (..., W, 1)
        weights = (1 - fraction) - dimension / units * (1 - 2 * fraction)
    embeddings = tf.gather(words, ids) * present[..., None]
    return tf.reduce_sum(embeddings * weights, axis=-2)


def _random_shift(filled, seed):
    """Empty memories put after each slot `(B, S)`, see `TimeEncoding`."""
    batch = filled.shape[0]
    uniform = tf.random.stateless_uniform(
        [batch, SLOTS + 2 + _MOST_BLANKS], seed
    )
    gaps, extra, number, thrown = tf.split(
        tf.maximum(uniform, 1e-7), [SLOTS, 1, 1, _MOST_BLANKS], axis=1
    )
    cuts = tf.cumsum(-tf.math.log(gaps) * filled, axis=1, reverse=True)
    thrown *= cuts[:, :1] - tf.math.log(extra)
    count = tf.reduce_sum(filled, axis=1, keepdims=True)
    blanks = tf.floor(number * (tf.math.ceil(count * NOISE) + 1))
    used = tf.range(_MOST_BLANKS, dtype=tf.float32) < blanks
    thrown = tf.where(used, thrown, np.inf)
    newer = thrown[:, None] < cuts[:, :, None]  # (B, S, blanks)
    return tf.reduce_sum(tf.cast(newer, tf.float32), axis=2)
