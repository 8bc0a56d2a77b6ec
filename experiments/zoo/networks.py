"""The networks of the zoo, as they read stories."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import keras

from memnet_tf import layers, models
from memnet_tf.memory_network import MemoryNetwork

UNITS = 50
HOPS = 3


@dataclasses.dataclass(frozen=True)
class Entry:
    """A network, and what its training needs.

    Attributes:
        name: of the network.
        build: function of a vocabulary, a sentence length and a memory size
            that makes the network.
        variant: what it is told or given that others are not.
        linear_start: whether it starts without addressing.
        support: whether it is told the support.
    """

    name: str
    build: Callable[..., Any]
    variant: str = ""
    linear_start: bool = False
    support: bool = False


def _hops(network):
    """MemN2N, or one derived from it, in the setting of its authors."""
    return functools.partial(
        network,
        units=UNITS,
        hops=HOPS,
        addressing="padded_softmax",
        formula="published_code",
        linear_start=True,
    )


@keras.saving.register_keras_serializable("experiments")
class HopfieldNetwork(MemoryNetwork):
    """The question is added to the pattern that the sentences made of it."""

    def respond(self, memory, question, support=None, training=False):
        asked = self.encode_question(question)
        memory = self.time_encoding(memory, training=training)
        read, addresses = self.output_map(asked, memory)
        answer = self.encode_answer(asked + read, addresses)
        return {"answer": answer, "addresses": addresses}


def _composed(output_map, network=MemoryNetwork):
    """Layers of MemN2N, keys and values from tables of their own, another O.

    Args:
        output_map: function of nothing that makes O.
        network: what composes them.
    """

    def build(vocabulary, sentence_length, memory_size):
        word_ids = layers.WordIds(vocabulary, sentence_length)
        words = word_ids.vocabulary_size
        return network(
            word_ids=word_ids,
            input_map=layers.PositionEncoding(words, UNITS, tables=2),
            question_map=layers.PositionEncoding(words, UNITS),
            generalization=layers.Append(memory_size),
            time_encoding=layers.TimeEncoding(memory_size),
            output_map=output_map(),
            response=layers.WordResponse(words, 1 + word_ids.unknown_words),
        )

    return build


def _product_keys():
    update = layers.ProductKeyUpdate(sub_keys=16, k=8, heads=2, key_units=32)
    return layers.OutputMap(HOPS, tying="layer_wise", update=update)


ENTRIES = [
    Entry(
        "MemNN",
        functools.partial(models.MemNN, k=2, match=True, negatives=30),
        "k=2, support",
        support=True,
    ),
    Entry("MemN2N", _hops(models.MemN2N), linear_start=True),
    Entry("GatedMemN2N", _hops(models.GatedMemN2N), linear_start=True),
    Entry(
        "KeyValueMemNN",
        functools.partial(models.KeyValueMemNN, units=UNITS, hops=HOPS),
    ),
    Entry(
        "DynamicMemoryNetworkPlus",
        functools.partial(
            models.DynamicMemoryNetworkPlus, units=UNITS, hops=HOPS
        ),
    ),
    Entry(
        "RecurrentEntityNetwork",
        functools.partial(models.RecurrentEntityNetwork, units=UNITS),
    ),
    Entry(
        "QueryReductionNetwork",
        functools.partial(models.QueryReductionNetwork, units=UNITS, hops=HOPS),
    ),
    Entry(
        "TwoReaderNetwork",
        functools.partial(models.TwoReaderNetwork, linear_start=True),
        linear_start=True,
    ),
    Entry(
        "HopfieldRead",
        _composed(lambda: layers.HopfieldRead(HOPS), HopfieldNetwork),
    ),
    Entry("ProductKeyUpdate", _composed(_product_keys)),
]
