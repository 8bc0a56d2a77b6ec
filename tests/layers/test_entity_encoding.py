import keras
import numpy as np
import pytest

from memnet_tf.layers import EntityEncoding

ENTITIES = [6, 3]
IDS = np.array([[[3, 4, 6, 0], [6, 5, 3, 0]], [[7, 2, 1, 4], [0, 0, 0, 0]]])


def _layer(**arguments):
    layer = EntityEncoding(8, 7, ENTITIES, code_units=5, **arguments)
    layer.build((None, 4))
    layer.embeddings.assign(
        np.random.default_rng(0).normal(size=layer.embeddings.shape)
    )
    return layer


def _bag(layer, words):
    """Codes of 3 and 6, in this order, and embeddings of the other words."""
    codes, embeddings = layer.codes.numpy(), layer.embeddings.numpy()
    of_entities = sum(
        codes[1 + (word == 6)] for word in words if word in (3, 6)
    )
    of_words = sum(embeddings[1 if word in (3, 6) else word] for word in words)
    return np.concatenate([np.zeros(5) + of_entities, np.zeros(2) + of_words])


def test_keys_and_values_are_bags_of_codes_and_of_embeddings():
    layer = _layer()
    keys = [[[3, 4], [6, 5]], [[7, 2, 1], []]]
    values = [[[6], [3]], [[4], []]]
    features = layer(IDS)
    for place, words in ((0, keys), (1, values)):
        expected = [[_bag(layer, bag) for bag in row] for row in words]
        np.testing.assert_allclose(features[:, :, place], expected, atol=1e-6)
        query = np.arange(14, dtype="float32").reshape(2, 7)
        np.testing.assert_allclose(
            layer.scores(IDS, query, place),
            np.einsum("bsd,bd->bs", expected, query),
            rtol=1e-4,
            atol=1e-4,
        )
    np.testing.assert_array_equal(
        layer.encode(IDS, 1, 2)[:, :, 0], features[:, :, 1]
    )


def test_codes_are_as_long_as_each_other_and_are_not_trained():
    layer = _layer()
    assert [weight.name for weight in layer.trainable_weights] == ["embeddings"]
    lengths = np.linalg.norm(layer.codes.numpy(), axis=1)
    np.testing.assert_allclose(lengths, [0, 7, 7], rtol=1e-6)
    assert not np.allclose(layer.codes[1], layer.codes[2])
    assert not np.allclose(layer.codes[1], _layer().codes[1])  # drawn anew


def test_what_is_said_of_entities_is_alike_whichever_they_are():
    layer = _layer(n=2, buckets=50)
    one, other, more = layer.encode_question(
        np.array([[4, 3, 5], [4, 6, 5], [5, 3, 4]])
    ).numpy()
    np.testing.assert_array_equal(one[5:], other[5:])
    assert not np.allclose(one[:5], other[:5])
    np.testing.assert_array_equal(one[:5], more[:5])
    assert not np.allclose(one[5:], more[5:])  # n-grams know the order


@pytest.mark.parametrize(
    ("units", "least", "most"), [(512, 16, 20), (100, 0, 8)]
)
def test_a_sum_of_codes_is_told_apart_if_there_are_features_enough(
    units, least, most
):
    keras.utils.set_random_seed(0)
    count, read = 20_000, 20  # 2 * 20 ln(20,000) = 396
    layer = EntityEncoding(
        count + 2, units + 1, range(2, count + 2), code_units=units
    )
    layer.build((None, 1))
    codes = layer.codes.numpy()[1:]
    scores = codes @ codes[:read].sum(axis=0)
    best = set(np.argsort(-scores)[:read])
    assert least <= len(best & set(range(read))) <= most


def test_bad_arguments_are_errors_that_name_them():
    with pytest.raises(ValueError, match="Expected `code_units` below.*7.*: 7"):
        EntityEncoding(8, 7, ENTITIES, code_units=7)
    with pytest.raises(ValueError, match="Expected `code_units`.*: 0"):
        EntityEncoding(8, 7, ENTITIES, code_units=0)
    for entities in ([1, 3], [3, 8]):
        with pytest.raises(ValueError, match="Expected `entities`.*2 to 7"):
            EntityEncoding(8, 7, entities, code_units=5)
