import numpy as np

from memnet_tf.layers import AttentionGRU

VALUES = np.random.default_rng(0).normal(size=(1, 3, 4)).astype("float32")


def test_slots_without_address_are_skipped():
    layer = AttentionGRU()
    read = layer(VALUES, np.float32([[0.3, 0, 0.7]]))
    short = layer(VALUES[:, [0, 2]], np.float32([[0.3, 0.7]]))
    np.testing.assert_allclose(read, short, atol=1e-6)
    nothing = layer(VALUES, np.zeros((1, 3), "float32"))
    np.testing.assert_array_equal(nothing, 0)


def test_the_order_of_what_is_read_counts():
    layer = AttentionGRU()
    addresses = np.float32([[0.3, 0.3, 0.4]])
    one = layer(VALUES, addresses)
    other = layer(VALUES[:, ::-1], addresses[:, ::-1])
    assert np.any(np.abs(one - other) > 1e-3)
