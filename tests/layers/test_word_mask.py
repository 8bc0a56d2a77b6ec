import numpy as np
import pytest

from memnet_tf.layers import WordMask

IDS = np.array([[[2, 3, 0], [0, 0, 0]], [[1, 4, 2], [4, 0, 0]]], "int32")


def test_every_place_has_a_mask_of_its_own():
    layer = WordMask(vocabulary_size=5, units=4, masks=2)
    layer(IDS)
    table, mask = layer.embeddings.numpy(), layer.mask.numpy()
    assert mask.shape == (2, 3, 4)
    for kind in (0, 1):
        expected = [
            [
                sum(
                    (table[word] * mask[kind, place])
                    for place, word in enumerate(sentence)
                    if word
                )
                + np.zeros(4)
                for sentence in story
            ]
            for story in IDS
        ]
        np.testing.assert_allclose(layer(IDS, kind=kind), expected, rtol=1e-5)


@pytest.mark.parametrize("units", [32, 512])
def test_embeddings_are_as_long_at_first_whatever_their_size(units):
    layer = WordMask(vocabulary_size=200, units=units)
    layer(IDS)
    lengths = np.linalg.norm(layer.embeddings, axis=1)
    np.testing.assert_allclose(np.mean(lengths), 3, rtol=0.05)


def test_padding_contributes_nothing():
    layer = WordMask(vocabulary_size=5, units=4)
    assert not np.any(layer(np.zeros((2, 3), "int32")))


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="`masks`.*Received: 0"):
        WordMask(5, 4, masks=0)
    layer = WordMask(5, 4)
    with pytest.raises(ValueError, match="`kind` below 1.*Received: 1"):
        layer(IDS, kind=1)
    with pytest.raises(ValueError, match="int dtype.*float32"):
        layer(IDS.astype("float32"))
