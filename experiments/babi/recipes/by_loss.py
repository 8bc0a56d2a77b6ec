"""Recipes of tasks that are drawn by their loss."""

import keras

from experiments.babi.recipes.optimizer import with_adamw
from experiments.babi.recipes.recipe import Recipe
from memnet_tf import models, training


def two_reader(joint, epochs=None):
    """The two-reader network, of all tasks or one, trained by loss.

    Args:
        joint: whether one network learns all tasks; the same for either.
        epochs: see `_by_loss`.
    """

    def make(vocabulary, sentence_length, memory_size):
        return models.TwoReaderNetwork(
            vocabulary, sentence_length, memory_size, linear_start=True
        )

    return _by_loss("TwoReaderNetwork", make, epochs)


def memn2n_by_loss(joint, epochs=None):
    """MemN2N, its first reader alone, trained as the two-reader network.

    50 units and 3 hops as MemN2N has on all tasks, but 130 sentences.

    Args:
        joint: whether one network learns all tasks; the same for either.
        epochs: see `_by_loss`.
    """

    def make(vocabulary, sentence_length, memory_size):
        return models.MemN2N(
            vocabulary,
            sentence_length,
            memory_size,
            units=50,
            addressing="padded_softmax",
            formula="published_code",
            linear_start=True,
        )

    return _by_loss("MemN2N", make, epochs, options=("by loss",))


def _by_loss(model, make, epochs, options=()):
    """Training on tasks drawn by their loss.

    AdamW with a weight decay of 0.3 and a learning rate that rises to 0.003
    and falls as a cosine, gradients of norm 1 at most; batches of 64. The rate
    rises during the linear start, 2 epochs of 2,000 batches: where it rose to
    0.004 in 500 batches, one of two seeds of the two-reader network did not
    learn task 16.

    Args:
        model: name of the model.
        make: function that makes the network, not compiled.
        epochs: epochs, on which the learning rate depends; 35 if None, in
            which a network of all tasks sees 4.3 million questions.
        options: what differs from the published setting, in words.
    """
    steps = 2000
    epochs = epochs or 35
    warmup = 2 * steps

    def build(vocabulary, sentence_length, memory_size):
        rate = keras.optimizers.schedules.CosineDecay(
            0.0,
            epochs * steps - warmup,
            alpha=0.01,
            warmup_target=0.003,
            warmup_steps=warmup,
        )
        network = make(vocabulary, sentence_length, memory_size)
        return with_adamw(network, rate, weight_decay=0.3)

    return Recipe(
        model,
        build,
        epochs,
        64,
        lambda: [training.LinearStart(epochs=2, patience=2)],
        options=options,
        most_memories=130,
        batches="by_loss",
        steps=steps,
    )
