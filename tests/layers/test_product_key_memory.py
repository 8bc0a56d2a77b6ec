"""`ProductKeyMemory` and its retrieval against numpy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from memnet_tf.layers import ProductKeyMemory, ProductKeyRetrieval


def _normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def _whole(halves):
    """All keys `(n^2, d)` of halves `(2, n, d / 2)`."""
    first, second = halves
    count = len(first)
    return np.concatenate(
        [np.repeat(first, count, axis=0), np.tile(second, (count, 1))], axis=1
    )


@pytest.mark.parametrize("metric", ["inner_product", "l2"])
@pytest.mark.parametrize(
    ("count", "k"), [(5, 1), (5, 4), (3, 9), (40, 32), (2, 4)]
)
def test_the_best_pairs_are_those_of_a_search_of_all(metric, count, k):
    halves, query = _normal(2, count, 3), _normal(6, 6, seed=1)
    keys = _whole(halves)
    scores = query @ keys.T
    if metric == "l2":
        scores = -np.square(query[:, None] - keys).sum(axis=-1)
    expected = np.argsort(-scores, axis=1)[:, :k]
    retrieved = ProductKeyRetrieval(metric)(query, k, halves)
    np.testing.assert_array_equal(retrieved.slots, expected)
    np.testing.assert_allclose(
        retrieved.scores,
        np.take_along_axis(scores, expected, axis=1),
        rtol=1e-4,
        atol=1e-5,
    )


def test_equal_keys_are_found_once_each():
    halves = np.ones((2, 3, 1), "float32")
    retrieved = ProductKeyRetrieval()(np.ones((1, 2), "float32"), 9, halves)
    assert sorted(retrieved.slots.numpy()[0]) == list(range(9))


def test_product_keys_have_no_mask_and_two_sets_of_halves():
    halves, query = _normal(2, 3, 2), _normal(1, 4)
    with pytest.raises(ValueError, match="Expected no `mask`.*Received"):
        ProductKeyRetrieval()(query, 2, halves, np.ones(9, bool))
    with pytest.raises(ValueError, match="`keys` with 3 axes.*Received"):
        ProductKeyRetrieval()(query, 2, _normal(3, 3, 2))
    with pytest.raises(ValueError, match=r"`query` of shape \(batch, 4\)"):
        ProductKeyRetrieval()(_normal(1, 2), 2, halves)


def _memory(**arguments):
    settings = {"sub_keys": 5, "k": 4, "heads": 2, "key_units": 6, "units": 3}
    memory = ProductKeyMemory(**{**settings, **arguments})
    memory(np.zeros((1, 8), "float32"))
    return memory


def _oracle(memory, inputs, mean=0.0, variance=1.0):
    """The sum over heads, and addresses by slot `(N, heads, n^2)`."""
    normalized = inputs @ memory.query_map.kernel.numpy() - mean
    normalized = normalized / np.sqrt(variance + 1e-5)
    queries = normalized.reshape(len(inputs), memory.heads, memory.key_units)
    addresses = np.zeros((len(inputs), memory.heads, memory.slots))
    for row, head in np.ndindex(addresses.shape[:2]):
        scores = _whole(memory.keys.numpy()[head]) @ queries[row, head]
        best = np.argsort(-scores)[: memory.k]
        shares = np.exp(scores[best] - scores[best].max())
        addresses[row, head, best] = shares / shares.sum()
    return addresses.sum(axis=1) @ memory.values.numpy(), addresses


def test_a_reading_is_numpys():
    memory, inputs = _memory(), _normal(2, 3, 8)
    output, slots, addresses = memory(inputs, return_addresses=True)
    expected, by_slot = _oracle(memory, inputs.reshape(6, 8))
    np.testing.assert_allclose(output, expected.reshape(2, 3, 3), atol=1e-5)
    assert slots.shape == addresses.shape == (2, 3, 2, 4)
    np.testing.assert_allclose(
        addresses,
        np.take_along_axis(by_slot.reshape(2, 3, 2, 25), slots.numpy(), -1),
        atol=1e-5,
    )


def test_in_training_queries_are_normalized_over_the_batch():
    memory, inputs = _memory(), 3 + _normal(16, 8)
    queries = inputs @ memory.query_map.kernel.numpy()
    mean, variance = queries.mean(axis=0), queries.var(axis=0)
    output = memory(inputs, training=True)
    expected, _ = _oracle(memory, inputs, mean, variance)
    np.testing.assert_allclose(output, expected, atol=1e-4)
    moving = memory.query_norm.moving_mean
    np.testing.assert_allclose(moving, 0.1 * mean, atol=1e-5)


def test_masked_inputs_do_not_count_in_the_normalization():
    memory, inputs = _memory(), _normal(4, 5, 8)
    mask = np.arange(5) < np.array([[5], [3], [1], [4]])
    junk = np.where(mask[..., None], inputs, 1e3).astype("float32")
    output = memory(inputs, mask=mask, training=True).numpy()
    other = memory(junk, mask=mask, training=True).numpy()
    np.testing.assert_allclose(output[mask], other[mask], atol=1e-4)


def test_normalized_queries_ask_for_more_of_the_slots():
    memory = _memory(sub_keys=16, heads=1, k=2, key_units=16)
    inputs = 4 + _normal(500, 8)  # much alike
    used = [
        len(np.unique(memory(inputs, return_addresses=True, training=how)[1]))
        for how in (False, True)
    ]
    assert used[1] > 2 * used[0]


def test_gradients_are_sparse_and_change_only_what_was_read():
    memory, inputs = _memory(sub_keys=20), _normal(3, 8)
    with tf.GradientTape() as tape:
        output, slots, _ = memory(inputs, return_addresses=True)
        loss = tf.reduce_sum(tf.square(output))
    gradient = tape.gradient(loss, memory.values.value)
    assert isinstance(gradient, tf.IndexedSlices)
    assert gradient.values.shape == (3 * 2 * 4, 3)  # heads and slots
    before = memory.values.numpy()
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.apply([gradient], [memory.values])
    changed = np.any(memory.values.numpy() != before, axis=1)
    assert set(np.flatnonzero(changed)) == set(slots.numpy().ravel())


def test_more_slots_than_there_are_read_all():
    memory = _memory(sub_keys=2, k=9)
    output, _, addresses = memory(_normal(3, 8), return_addresses=True)
    expected, _ = _oracle(memory, _normal(3, 8))
    np.testing.assert_allclose(output, expected, atol=1e-5)
    np.testing.assert_allclose(addresses.numpy().sum(axis=-1), 1, atol=1e-6)


def test_it_learns_by_heart_in_a_keras_model():
    keras.utils.set_random_seed(0)
    inputs, labels = _normal(200, 8), np.arange(200) % 2
    model = keras.Sequential(
        [
            keras.Input((8,)),
            ProductKeyMemory(sub_keys=16, k=8, heads=2, key_units=16, units=4),
            keras.layers.Dense(2),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.03),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=True,
    )
    history = model.fit(inputs, labels, 50, epochs=25, verbose=0).history
    assert history["accuracy"][-1] > 0.9


def test_errors_name_the_argument():
    for name in ("sub_keys", "k", "heads", "key_units", "units"):
        with pytest.raises(ValueError, match=f"`{name}`.*Received: 0"):
            ProductKeyMemory(**{name: 0})
    with pytest.raises(ValueError, match="`key_units` to be even.*3"):
        ProductKeyMemory(key_units=3)
