"""Sentences encoded where they are read, against a memory of encodings."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from memnet_tf import Memory
from memnet_tf.layers import (
    BagOfNgrams,
    BagOfWords,
    OutputMap,
    PositionEncoding,
    TimeEncoding,
)

WORDS, UNITS, SLOTS, LENGTH = 9, 4, 7, 3
RANDOM = np.random.default_rng(0)
STORY = RANDOM.integers(1, WORDS, (3, SLOTS, LENGTH)).astype("int32")
STORY[:, :, 2] *= RANDOM.integers(0, 2, (3, SLOTS))
STORY[1, 4:] = 0  # three empty slots
STORY[2] = 0  # an empty memory
MASK = STORY.any(-1)
TIME = np.where(MASK, np.arange(SLOTS), 0).astype("int32")
QUESTION = RANDOM.normal(size=(3, UNITS)).astype("float32")
INPUT_MAPS = {
    "bag of words": BagOfWords,
    "position encoding": PositionEncoding,
    "published position encoding": lambda *arguments: PositionEncoding(
        *arguments, formula="published_code"
    ),
    "n-grams": lambda *arguments: BagOfNgrams(*arguments, n=2, buckets=20),
}


@pytest.fixture(params=INPUT_MAPS)
def input_map(request):
    def build(tables):
        layer = INPUT_MAPS[request.param](WORDS, UNITS, tables)
        layer.build(STORY.shape)
        layer.embeddings.assign(RANDOM.normal(size=layer.embeddings.shape))
        return layer

    return build


@pytest.mark.parametrize("tables", [None, 3])
def test_scores_of_sentences_are_those_of_their_encodings(input_map, tables):
    layer = input_map(tables)
    features = layer(STORY)
    for table in range(tables or 1):
        keys = features if tables is None else features[:, :, table]
        expected = np.einsum("bsd,bd->bs", keys, QUESTION)
        received = layer.scores(STORY, QUESTION, table)
        np.testing.assert_allclose(received, expected, atol=1e-5)


@pytest.mark.parametrize("k", [1, 3, SLOTS + 5])
@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize(
    ("tying", "tables"),
    [("adjacent", 4), ("layer_wise", 2), ("adjacent", None)],
)
def test_reads_and_gradients_are_those_of_encodings(
    input_map, tying, tables, timed, k
):
    encode = input_map(tables)
    time = TimeEncoding(SLOTS) if timed else None
    layer = OutputMap(3, "top_k", k, tying)
    layers = [encode, layer, *([time] if timed else [])]
    memory = Memory(STORY, MASK, TIME)

    def read(**encoders):
        given = memory
        question = tf.constant(QUESTION)
        with tf.GradientTape() as tape:
            tape.watch(question)
            if not encoders:
                given = memory._replace(features=encode(STORY))
                given = time(given) if timed else given
            output, addresses = layer(question, given, **encoders)
            loss = tf.reduce_sum(output**2)
        weights = [w for part in layers for w in part.trainable_weights]
        gradients = tape.gradient(loss, [question, *weights])
        return output, addresses, *map(tf.convert_to_tensor, gradients)

    expected = read()
    received = read(encoders=(encode, time))
    for one, two in zip(received, expected, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-4)


def test_a_wrong_number_of_tables_is_refused():
    encode = BagOfWords(WORDS, UNITS, 3)
    encode(STORY)
    with pytest.raises(
        ValueError, match=r"Expected slots of one embedding or of 2"
    ):
        OutputMap(1, "top_k", 2)(
            QUESTION, Memory(STORY, MASK, TIME), encoders=(encode, None)
        )


def test_nan_stays_seen():
    encode = BagOfWords(WORDS, UNITS)
    encode(STORY)
    embeddings = np.ones((WORDS, UNITS), "float32")
    embeddings[STORY[0, 2, 0]] = np.nan
    encode.embeddings.assign(embeddings)
    output, _ = OutputMap(1, "top_k", 1)(
        QUESTION, Memory(STORY, MASK, TIME), encoders=(encode, None)
    )
    assert np.isnan(output[0]).all()
    assert np.isfinite(output[2]).all()


def test_half_precision_of_the_computation():
    policy = keras.DTypePolicy("mixed_float16")
    encode = BagOfWords(WORDS, UNITS, 2, dtype=policy)
    encode(STORY)
    output, addresses = OutputMap(1, "top_k", 2, dtype=policy)(
        QUESTION.astype("float16"),
        Memory(STORY, MASK, TIME),
        encoders=(encode, None),
    )
    assert output.dtype == addresses.dtype == tf.float16
    assert np.isfinite(output).all()
