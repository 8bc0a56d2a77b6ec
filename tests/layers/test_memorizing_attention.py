"""`MemorizingAttention` against loops in numpy, and what it remembers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from memnet_tf import Memory
from memnet_tf.layers import MemorizingAttention

UNITS, SLOTS = 6, 4
MASK = np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0]], bool)
TIME = np.array([[4, 5, 2, 3], [0, 0, 1, 0], [0, 0, 0, 0]], "int32")


def _normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def _memory():
    return Memory(_normal(3, SLOTS, 2, UNITS, seed=1), MASK, TIME)


def _layer(k=2, heads=2, slots=SLOTS):
    """A layer whose every weight counts."""
    layer = MemorizingAttention(slots, k, heads, distances=3)
    layer(_normal(1, 2, UNITS))
    for number, weight in enumerate(layer.weights):
        weight.assign(weight + 0.3 * _normal(*weight.shape, seed=number))
    return layer


def _softmax(scores):
    shares = np.exp(scores - np.max(scores, initial=-1e9))
    return shares / shares.sum()


def _unit(vectors):
    # As the layer, which divides by nearly nothing safely.
    return vectors / np.sqrt(np.sum(vectors**2, axis=-1, keepdims=True) + 1e-6)


def _oracle(layer, features, memory, mask):
    """Outputs, and the keys and values of the inputs `(B, T, 2, d)`."""
    batch, inputs = features.shape[:2]
    size = UNITS // layer.heads
    parted = (batch, inputs, layer.heads, size)
    queries, keys, values = (
        (features @ matrix.numpy()).reshape(parted)
        for matrix in (layer.query_map, layer.key_map, layer.value_map)
    )
    queries, keys = _unit(queries), _unit(keys)
    pairs = memory.features.reshape(batch, SLOTS, 2, layer.heads, size)
    scale, gate = layer.scale.numpy().ravel(), layer.gate.numpy().ravel()
    read = np.zeros(parted)
    for row, place, head in np.ndindex(parted[:3]):
        query = queries[row, place, head]
        before = np.flatnonzero(mask[row, : place + 1])
        bias = layer.by_distance.numpy()[np.minimum(place - before, 2), head]
        scores = scale[head] * keys[row, before, head] @ query + bias
        local = _softmax(scores) @ values[row, before, head]
        filled = np.flatnonzero(memory.mask[row])
        scores = pairs[row, filled, 0, head] @ query
        best = np.argsort(-scores)[: layer.k]
        address = _softmax(scale[head] * scores[best])
        past = address @ pairs[row, filled[best], 1, head]
        share = 1 / (1 + np.exp(-gate[head])) if len(filled) else 0
        read[row, place, head] = share * past + (1 - share) * local
    output = read.reshape(batch, inputs, UNITS) @ layer.read_map.numpy()
    written = np.stack([keys, values], axis=2)
    return output, written.reshape(batch, inputs, 2, UNITS)


@pytest.mark.parametrize(("k", "heads"), [(1, 1), (2, 2), (9, 3)])
def test_a_reading_is_numpys(k, heads):
    layer, features = _layer(k, heads), _normal(3, 5, UNITS)
    mask = np.array([[1] * 5, [1, 0, 1, 1, 0], [0, 1, 1, 1, 1]], bool)
    output, _ = layer(features, _memory(), mask=mask)
    expected, _ = _oracle(layer, features, _memory(), mask)
    np.testing.assert_allclose(output, expected, atol=1e-5)


def test_inputs_are_written_in_place_of_the_oldest():
    layer, features = _layer(), _normal(3, 2, UNITS)
    mask = np.array([[1, 1], [0, 1], [1, 0]], bool)
    _, memory = layer(features, _memory(), mask=mask)
    _, written = _oracle(layer, features, _memory(), mask)
    expected = _memory().features
    expected[0, [2, 3]] = written[0]
    expected[1, 2] = written[1, 1]
    expected[2, 0] = written[2, 0]
    filled = memory.mask.numpy()
    np.testing.assert_allclose(
        memory.features.numpy()[filled], expected[filled], atol=1e-5
    )
    assert memory.time.numpy()[0].tolist() == [4, 5, 6, 7]


def test_an_input_sees_none_after_it():
    layer, features = _layer(), _normal(3, 5, UNITS)
    changed = features.copy()
    changed[:, 3:] += 1
    one, other = layer(features, _memory())[0], layer(changed, _memory())[0]
    np.testing.assert_allclose(one[:, :3], other[:, :3], atol=1e-6)
    assert np.all(np.abs(one[:, 3:] - other[:, 3:]).max(axis=-1) > 1e-3)


def test_without_a_memory_there_is_only_the_local_read():
    layer, features = _layer(), _normal(3, 5, UNITS)
    output, memory = layer(features)
    layer.gate.assign(np.full((2, 1, 1), -99))
    expected, _ = layer(features, _memory())
    np.testing.assert_allclose(output, expected, atol=1e-6)
    assert memory.time.numpy()[0].tolist() == [4, 1, 2, 3]


def test_no_gradient_reaches_the_past():
    layer = _layer()
    before, features = tf.constant(_normal(3, 5, UNITS)), _normal(3, 2, UNITS)
    with tf.GradientTape() as tape:
        tape.watch(before)
        _, memory = layer(before)
        output, _ = layer(features, memory)
        loss = tf.reduce_sum(tf.square(output))
    assert tape.gradient(loss, before) is None


def test_a_keras_model_learns_what_only_the_memory_knows():
    """Pairs of words, then the first of each again: which was the second?"""
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    first = np.argsort(random.random((256, 4)))
    second = random.integers(0, 4, (256, 4))
    told = np.concatenate([np.eye(4)[first], np.eye(4)[second]], axis=-1)
    order = np.argsort(random.random((256, 4)))
    asked = np.take_along_axis(first, order, axis=1)
    labels = np.take_along_axis(second, order, axis=1)
    asked = np.pad(np.eye(4)[asked], [(0, 0), (0, 0), (0, 4)])

    inputs = keras.Input((4, 8)), keras.Input((4, 8))
    features = keras.layers.Dense(16)
    attention = MemorizingAttention(slots=4, k=2, heads=2)
    _, memory = attention(features(inputs[0]))
    output, _ = attention(features(inputs[1]), memory)
    model = keras.Model(inputs, keras.layers.Dense(4)(output))
    model.compile(
        keras.optimizers.Adam(0.03),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=True,
    )
    history = model.fit((told, asked), labels, 64, epochs=8, verbose=0).history
    assert history["accuracy"][-1] > 0.8  # a guess is right in 0.25


def test_a_model_takes_its_memory_as_an_input_and_skips_padding():
    words = keras.Input((None,), dtype="int32")
    memory = Memory(
        keras.Input((3, 2, 8)),
        keras.Input((3,), dtype="bool"),
        keras.Input((3,), dtype="int32"),
    )
    features = keras.layers.Embedding(9, 8, mask_zero=True)(words)
    output, after = MemorizingAttention(3, k=2, heads=2)(features, memory)
    model = keras.Model([words, *memory], [output, *after])
    empty = Memory.empty(1, 3, (2, 8))
    long, *state = model([np.array([[1, 2, 0, 0]]), *map(np.array, empty)])
    short, *_ = model([np.array([[1, 2]]), *map(np.array, empty)])
    np.testing.assert_allclose(long[:, :2], short, atol=1e-6)
    assert Memory(*state).time.numpy().tolist() == [[0, 1, 0]]
    assert Memory(*state).written().numpy().tolist() == [2]


def test_errors_name_the_argument():
    for name in ("slots", "k", "heads", "distances"):
        with pytest.raises(ValueError, match=f"`{name}`.*Received: 0"):
            MemorizingAttention(**{"slots": 1, name: 0})
    with pytest.raises(ValueError, match="4 heads"):
        MemorizingAttention(2, heads=4)(_normal(1, 2, UNITS))
    with pytest.raises(ValueError, match=r"\('batch', 3, 2, 6\)"):
        _layer(slots=3)(_normal(3, 2, UNITS), _memory())
