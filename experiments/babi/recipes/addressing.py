"""Recipes of networks that address single sentences."""

import dataclasses

import keras

from experiments.babi.recipes.optimizer import with_adamw
from experiments.babi.recipes.recipe import Recipe
from experiments.babi.recipes.schedules import Halve
from memnet_tf import models, training


def memn2n(
    joint,
    hops=3,
    addressing="padded_softmax",
    k=None,
    support=False,
    linear_start=True,
    network=models.MemN2N,
):
    """MemN2N as Sukhbaatar et al. 2015 trained it on bAbI (section 4.2).

    Where the paper does not say or says otherwise, this is what the authors'
    program does: its position encoding; empty slots that take part in the
    softmax, without which tasks 6, 9, 10 and 18 are not learnt; gradients of
    norm 40 at most for every embedding table, not for all of them together,
    without which task 16 often fails. Random noise of 10%; linear start for
    20 epochs (30 joint), then 100 epochs (60 joint); a learning rate of 0.005
    that is halved after every 25 (15 joint) of these, 0.01 where there is no
    linear start; batches of 32 with summed losses; 20 units, 50 joint.

    What is ours: a joint network trains on batches of stories of like length,
    which takes half the time.

    Args:
        joint: whether one network learns all tasks.
        hops: reads of the memory.
        addressing: see `layers.OutputMap`.
        k: see `layers.OutputMap`.
        support: whether hard addressing is taught by the support.
        linear_start: whether there is a linear start.
        network: the class of the network, `models.MemN2N` or one derived
            from it.
    """
    epochs, every, first = (60, 15, 30) if joint else (100, 25, 20)
    first = first if linear_start else 0
    learning_rate = 0.005 if linear_start else 0.01
    units = 50 if joint else 20

    def build(vocabulary, sentence_length, memory_size):
        built = network(
            vocabulary,
            sentence_length,
            memory_size,
            units=units,
            hops=hops,
            addressing=addressing,
            k=k,
            formula="published_code",
            noise=0.1,
            linear_start=linear_start,
        )
        loss = built.losses_by_default()
        if support:
            loss["scores"] = training.MarginRanking()
        optimizer = training.TableClippedSGD(units, learning_rate)
        built.compile(optimizer, loss=loss)
        return built

    def callbacks():
        rates = [Halve(learning_rate, every, first)]
        if not linear_start:
            return rates
        return [training.LinearStart(patience=first, epochs=first), *rates]

    options = (
        *([f"{hops} hops"] if hops != 3 else []),
        *(
            [addressing.replace("_", "-")]
            if addressing != "padded_softmax"
            else []
        ),
        *([f"k={k}"] if k is not None else []),
        *(["support"] if support else []),
        *([] if linear_start else ["no linear start"]),
    )
    return Recipe(
        network.__name__,
        build,
        first + epochs,
        32,
        callbacks,
        support,
        options=options,
        batches="like_length" if joint and not support else "shuffled",
    )


def gated_memn2n(joint, hops=3):
    """GatedMemN2N, trained as MemN2N was (Liu & Perez 2017), or with AdamW.

    As `memn2n` where stories are long. Where they are short, tasks 17 to 19
    had many errors so, and 20 was solved in the linear start and lost after
    it: there it has 50 units; linear start for 10 epochs; AdamW with a weight
    decay of 0.2 and a learning rate of 0.004, gradients of norm 1 at most,
    halved after every 30 of 120 epochs after that, fewer if the
    task is solved before. The paper takes the best of 10 runs.

    Args:
        joint: whether one network learns all tasks.
        hops: reads of the memory.
    """

    def build(vocabulary, sentence_length, memory_size):
        network = models.GatedMemN2N(
            vocabulary,
            sentence_length,
            memory_size,
            units=50,
            hops=hops,
            addressing="padded_softmax",
            formula="published_code",
            noise=0.1,
            linear_start=True,
        )
        return with_adamw(network, 0.004, weight_decay=0.2)

    long = memn2n(joint, hops, network=models.GatedMemN2N)
    short = dataclasses.replace(
        long,
        build=build,
        epochs=130,
        callbacks=lambda: [
            training.LinearStart(patience=10, epochs=10),
            Halve(0.004, 30, first=10),
        ],
        solved=3,
    )
    return dataclasses.replace(long, short=short)


def memnn(joint):
    """MemNN, which is told the support, as Weston et al. 2015 extended it.

    1502.05698, section 5: bags of n-grams, here of one and two words; a
    nonlinear R; and as many hops as sentences support an answer of the
    training questions, at most 10. The paper's network learns when to stop,
    and has n-grams of three words, which generalized less well. Matching
    features and write time (Weston et al. 2014); 100 units; Adam with a
    learning rate of 0.005 that is halved after every 10 of 40 epochs.

    Args:
        joint: whether one network learns all tasks; the same for either.
    """

    def build(vocabulary, sentence_length, memory_size, supports):
        network = models.MemNN(
            vocabulary,
            sentence_length,
            memory_size,
            k=min(supports, 10),
            match=True,
            n=2,
            nonlinear=True,
            negatives=30,
        )
        network.compile(keras.optimizers.Adam(0.005))
        return network

    return Recipe(
        "MemNN",
        build,
        40,
        32,
        lambda: [Halve(0.005, 10)],
        support=True,
        adaptive=True,
    )


def key_value(joint, hops=3):
    """KeyValueMemNN, whose paper has no bAbI (Miller et al. 2016).

    Sentences are keys and values, each with its own vectors of age; 50
    units; Adam with a learning rate of 0.005 that is halved after every 15 of
    60 epochs, fewer if the task is solved before; batches of 32.

    Args:
        joint: whether one network learns all tasks; the same for either.
        hops: reads of the memory.
    """

    def build(vocabulary, sentence_length, memory_size):
        network = models.KeyValueMemNN(
            vocabulary, sentence_length, memory_size, units=50, hops=hops
        )
        network.compile(keras.optimizers.Adam(0.005))
        return network

    return Recipe(
        "KeyValueMemNN",
        build,
        60,
        32,
        lambda: [Halve(0.005, 15)],
        solved=3,
        options=(f"{hops} hops",) if hops != 3 else (),
        batches="like_length",
    )
