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
        code_units: features of entities' codes, see
            `layers.EntityEncoding`; None where key hashing finds the triples.
    """

    memories: int
    frequent: int
    questions: int
    units: int
    epochs: int
    batch_size: int
    code_units: int | None = None


# By hops; where key hashing finds the triples.
SETTINGS = {
    1: Setting(64, 100, 40_000, 64, 8, 64),
    2: Setting(256, 100, 40_000, 128, 12, 64),
    3: Setting(1024, 50, 20_000, 128, 8, 32),
}
# Where all triples are searched.
SEARCHED = {
    hops: setting._replace(units=512, epochs=3, code_units=448)
    for hops, setting in SETTINGS.items()
}
LEARNING_RATE = 0.003


def key_value(hops, setting):
    """KeyValueMemNN that answers with the value of a triple.

    Adam with a learning rate that is halved four times; gradients of norm 40
    at most. Where all triples are searched, entities have codes, and no hop
    reads what leads back to the entity asked of.

    Args:
        hops: reads of the memory.
        setting: a `Setting`.
    """
    every = max(setting.epochs // 5, 1)

    def build(vocabulary, sentence_length, memory_size, entities=None):
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
            entities=entities,
            code_units=setting.code_units,
            backtracking=entities is None,
        )
        network.compile(
            keras.optimizers.Adam(LEARNING_RATE, global_clipnorm=40.0),
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
