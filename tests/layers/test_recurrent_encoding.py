import numpy as np
import pytest

from memnet_tf.layers import RecurrentEncoding

IDS = np.array([[[2, 3, 0], [3, 2, 0]], [[4, 0, 0], [0, 0, 0]]], "int32")


def test_a_sentence_is_read_in_order_and_without_its_padding():
    layer = RecurrentEncoding(5, 4)
    features = layer(IDS).numpy()
    assert np.any(np.abs(features[0, 0] - features[0, 1]) > 1e-3)
    np.testing.assert_array_equal(features[1, 1], 0)
    padded = np.pad(IDS, [(0, 0), (0, 0), (0, 3)])
    np.testing.assert_allclose(layer(padded), features, atol=1e-6)
    np.testing.assert_allclose(layer(IDS[1:, 0]), features[1:, 0], atol=1e-6)


def test_embeddings_may_be_handed_in():
    free, tied = RecurrentEncoding(5, 4), RecurrentEncoding(5, 4, tied=True)
    expected = free(IDS)
    tied(IDS, free.embeddings)
    tied.set_weights(free.get_weights()[1:])
    np.testing.assert_array_equal(tied(IDS, free.embeddings), expected)
    for layer, embeddings in ((free, free.embeddings), (tied, None)):
        with pytest.raises(ValueError, match="Expected `embeddings` exactly"):
            layer(IDS, embeddings)
