"""O behind a retrieval layer, against O over the whole memory."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from memnet_tf import Memory
from memnet_tf.layers import OutputMap
from memnet_tf.layers.retrieval.exact_retrieval import ExactRetrieval

RANDOM = np.random.default_rng(0)
BATCH, SLOTS, UNITS, K = 3, 9, 4, 3
QUESTION = RANDOM.normal(size=(BATCH, UNITS)).astype("float32")
MASK = np.arange(SLOTS) != 4


def _memory(*embeddings):
    features = RANDOM.normal(size=(SLOTS, *embeddings, UNITS))
    return Memory(
        tf.Variable(features.astype("float32")), MASK, np.arange(SLOTS)
    )


def _for_each_question(memory):
    return Memory(
        *(
            tf.tile(tf.convert_to_tensor(part)[None], [BATCH] + [1] * rank)
            for part, rank in zip(
                memory, (len(memory.features.shape), 1, 1), strict=True
            )
        )
    )


CASES = [("adjacent", 1, ()), ("adjacent", 2, ()), ("adjacent", 1, (2,))]
CASES += [("layer_wise", 3, (2,)), ("layer_wise", 2, ())]


@pytest.mark.parametrize(("tying", "hops", "embeddings"), CASES)
def test_reads_and_gradients_are_those_of_top_k(tying, hops, embeddings):
    memory = _memory(*embeddings)
    whole = OutputMap(hops, "top_k", K, tying)
    few = OutputMap(hops, "top_k", K, tying, retrieval=ExactRetrieval())
    few.index(memory)
    question = tf.constant(QUESTION)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(question)
        expected, addresses = whole(question, _for_each_question(memory))
        few.build(QUESTION.shape)
        few.set_weights(whole.get_weights())
        received, handed, slots = few(question, memory)
        losses = tf.reduce_sum(expected**2), tf.reduce_sum(received**2)
    np.testing.assert_allclose(received, expected, atol=1e-5)
    assert handed.shape == slots.shape == (BATCH, hops, K)
    put = np.zeros((BATCH, hops, SLOTS), "float32")
    np.put_along_axis(put, slots.numpy(), handed.numpy(), axis=2)
    np.testing.assert_allclose(put, addresses, atol=1e-5)
    sources = [question, memory.features]
    for one, two in zip(
        tape.gradient(losses[1], sources),
        tape.gradient(losses[0], sources),
        strict=True,
    ):
        np.testing.assert_allclose(
            tf.convert_to_tensor(one), tf.convert_to_tensor(two), atol=1e-4
        )


def test_an_empty_memory_reads_nothing():
    memory = _memory()._replace(mask=np.zeros(SLOTS, bool))
    layer = OutputMap(2, "top_k", K, retrieval=ExactRetrieval())
    output, addresses, _ = layer(QUESTION, memory)
    np.testing.assert_array_equal(output, QUESTION)
    assert not np.any(addresses)


def test_k_above_the_number_of_slots():
    memory = _memory()
    layer = OutputMap(1, "top_k", 50, retrieval=ExactRetrieval())
    output, addresses, _ = layer(QUESTION, memory)
    expected, _ = OutputMap(1)(QUESTION, _for_each_question(memory))
    np.testing.assert_allclose(output, expected, atol=1e-5)
    np.testing.assert_allclose(tf.reduce_sum(addresses, -1), 1, atol=1e-5)


def test_config_keeps_the_retrieval_layer():
    layer = OutputMap(1, "top_k", 2, retrieval=ExactRetrieval(metric="l2"))
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert isinstance(again.retrieval, ExactRetrieval)
    assert again.retrieval.metric == "l2"
    assert OutputMap.from_config(OutputMap().get_config()).retrieval is None


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="Expected addressing='top_k'"):
        OutputMap(retrieval=ExactRetrieval())
    layer = OutputMap(2, "top_k", 2, retrieval=ExactRetrieval())
    with pytest.raises(ValueError, match="Expected a memory that all"):
        layer(QUESTION, _for_each_question(_memory()))
    with pytest.raises(ValueError, match=r"Expected slots of one embedding"):
        layer(QUESTION, _memory(2))
    with pytest.raises(ValueError, match=r"\(slots, 2, units\)"):
        layer(QUESTION, _memory(3))


def test_without_a_retrieval_layer_there_is_nothing_to_index():
    memory = Memory(np.zeros((3, 2)), np.full(3, True), np.arange(3))
    with pytest.raises(ValueError, match="retrieval=None"):
        OutputMap(addressing="top_k", k=1).index(memory)
