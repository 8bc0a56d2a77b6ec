"""Layers of the library in networks like MemN2N, composed in a few lines."""

import keras
import pytest

from memnet_tf import MemoryNetwork, layers
from memnet_tf.models import MemN2N
from tests.models import task


class ProductKeyMemN2N(MemN2N):
    """MemN2N whose hops also read a memory of the network's own."""

    def make_update(self, hops):
        return layers.ProductKeyUpdate(8, k=4, heads=2, key_units=16)


class HopfieldNetwork(MemoryNetwork):
    """A question is completed by the sentences, and added to what was read."""

    def respond(self, memory, question, support=None, training=False):
        asked = self.encode_question(question)
        read, addresses = self.output_map(asked, memory)
        answer = self.encode_answer(asked + read, addresses)
        return {"answer": answer, "addresses": addresses}


def _product_keys():
    return ProductKeyMemN2N(task.WORDS, 3, memory_size=2, units=16, hops=1)


def _hopfield(updates=2):
    word_ids = layers.WordIds(task.WORDS, sentence_length=3)
    words = word_ids.vocabulary_size
    return HopfieldNetwork(
        word_ids,
        input_map=layers.PositionEncoding(words, 16, tables=2),
        question_map=layers.PositionEncoding(words, 16),
        generalization=layers.Append(2),
        output_map=layers.HopfieldRead(updates, beta=1.0),
        response=layers.WordResponse(words, reserved=2),
    )


@pytest.mark.parametrize("make", [_product_keys, _hopfield])
def test_a_tiny_task_is_learnt(make):
    keras.utils.set_random_seed(0)
    network = make()
    network.compile(
        keras.optimizers.Adam(0.02), jit_compile=False, steps_per_execution=10
    )
    network.fit(task.TEXT, task.ANSWERS, batch_size=8, epochs=20, verbose=0)
    task.assert_learnt(network)
