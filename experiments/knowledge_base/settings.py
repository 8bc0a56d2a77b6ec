"""What is trained on questions of the knowledge base, and how."""

from typing import NamedTuple

import keras

from experiments.babi.recipes import Halve, Recipe
from memnet_tf import models, training


class Setting(NamedTuple):
    """How questions of some hops are trained.

    Attributes:
        memories: triples that a question is handed at most.
        frequent: triples of an entity whose own are not looked at; see
            `Knowledge.near`.
        questions: training questions that are generated.
        units: size of an embedding.
        epochs: times they are seen.
        batch_size: questions a step.
        word_features: those that entities do not have, see
            `shared.set_apart`; 0 where key hashing finds the triples.
    """

    memories: int
    frequent: int
    questions: int
    units: int
    epochs: int
    batch_size: int
    word_features: int = 0


# By hops; where key hashing finds the triples.
SETTINGS = {
    1: Setting(64, 100, 40_000, 64, 8, 64),
    2: Setting(256, 100, 40_000, 128, 12, 64),
    3: Setting(1024, 50, 20_000, 128, 8, 32),
}
# Where all triples are searched.
SEARCHED = {
    hops: setting._replace(units=256, epochs=3, word_features=64)
    for hops, setting in SETTINGS.items()
}
LEARNING_RATE = 0.003


def key_value(hops, setting):
    """KeyValueMemNN that answers with the value of a triple.

    Adam with a learning rate that is halved four times; gradients of norm 40
    at most. Where all triples are searched, hops map the state alone, and
    their maps have a weight decay of 3.0.

    Args:
        hops: reads of the memory.
        setting: a `Setting`.
    """
    every = max(setting.epochs // 5, 1)
    mapped, weight_decay = (
        ("state", 3.0) if setting.word_features else ("sum", 0.0)
    )

    def build(vocabulary, sentence_length, memory_size):
        network = models.KeyValueMemNN(
            vocabulary,
            sentence_length,
            memory_size,
            units=setting.units,
            hops=hops,
            encoding="triple",
            time_encoding=False,
            n=2,
            answers="memories",
            mapped=mapped,
        )
        optimizer = keras.optimizers.AdamW(
            LEARNING_RATE, weight_decay=weight_decay, global_clipnorm=40.0
        )
        optimizer.exclude_from_weight_decay(var_names=["embeddings"])
        network.compile(
            optimizer,
            loss={"answer": training.AnyAnswer()},
            metrics={"answer": training.HitsAtOne("accuracy")},
        )
        return network

    return Recipe(
        "KeyValueMemNN",
        build,
        setting.epochs,
        setting.batch_size,
        lambda: [Halve(LEARNING_RATE, every)],
    )
