import collections
import itertools

import keras
import numpy as np
import pytest

from memnet_tf import Memory
from memnet_tf.layers import TimeEncoding

# Age a adds the vector (a, 100 a).
VECTORS = np.outer(np.arange(9), [1, 100]).astype("float32")


def _memory(mask, batch=1):
    mask = np.tile(np.array(mask, bool), (batch, 1))
    time = np.where(mask, np.cumsum(mask, axis=1) - 1, 0).astype("int32")
    return Memory(np.zeros((*mask.shape, 2), "float32"), mask, time)


def _layer(memory, max_age=8, **arguments):
    layer = TimeEncoding(max_age, **arguments)
    layer(memory)
    layer.embeddings.assign(VECTORS[: max_age + 1])
    return layer


def test_the_newest_slot_has_age_one():
    memory = _memory([1, 1, 1])
    features = _layer(memory)(memory).features
    assert features.numpy().tolist() == [[[3, 300], [2, 200], [1, 100]]]


def test_holes_have_no_age_and_make_none_older():
    memory = _memory([1, 0, 1, 0])
    features = _layer(memory)(memory).features
    assert features.numpy()[0, :, 0].tolist() == [2, 0, 1, 0]


def test_what_was_there_is_added_to():
    memory = _memory([1, 0])
    memory = memory._replace(features=np.full((1, 2, 2), 7, "float32"))
    result = _layer(memory)(memory)
    assert result.features.numpy().tolist() == [[[8, 107], [7, 7]]]
    assert result.mask is memory.mask or np.array_equal(
        result.mask, memory.mask
    )


def test_slots_older_than_max_age_share_a_vector():
    memory = _memory([1, 1, 1, 1])
    features = _layer(memory, max_age=2)(memory).features
    assert features.numpy()[0, :, 0].tolist() == [2, 2, 2, 1]


def test_every_embedding_of_a_slot_has_vectors_of_its_own():
    memory = _memory([1, 1])
    memory = memory._replace(features=np.zeros((1, 2, 3, 2), "float32"))
    layer = TimeEncoding(4)
    features = layer(memory).features
    assert layer.embeddings.shape == (5, 3, 2)
    np.testing.assert_array_equal(features[0, 1], layer.embeddings[1])
    np.testing.assert_array_equal(features[0, 0], layer.embeddings[2])


def _ages(mask, noise, batch, training=True):
    """Ages with noise, `(batch, filled slots)`."""
    keras.utils.set_random_seed(0)
    memory = _memory(mask, batch)
    layer = TimeEncoding(50, noise)
    layer(memory)
    layer.embeddings.assign(np.tile(np.arange(51.0)[:, None], (1, 2)))
    ages = layer(memory, training=training).features.numpy()[:, :, 0]
    empty = ~np.array(mask, bool)
    assert not np.any(ages[:, empty])
    return ages[:, ~empty]


def test_there_is_no_noise_outside_training():
    ages = _ages([1, 1, 1], noise=1.0, batch=50, training=False)
    np.testing.assert_array_equal(ages, [[3, 2, 1]] * 50)


@pytest.mark.parametrize("mask", [[1] * 5, [1, 0, 1, 1, 0, 1, 1, 0]])
def test_noise_never_changes_the_order(mask):
    ages = _ages(mask, noise=0.5, batch=500)
    assert np.all(ages[:, :-1] > ages[:, 1:])
    assert np.all(ages[:, -1] >= 1)


@pytest.mark.parametrize("mask", [[1, 1, 1], [0, 1, 1, 0, 1, 0]])
def test_every_number_and_every_place_of_blanks_is_equally_likely(mask):
    """3 slots and noise 0.5: 0, 1 or 2 blanks, a third of the time each.

    `b` blanks among 3 slots can be placed in `(3 + b choose b)` ways, and
    those older than every slot shift none.
    """
    expected = collections.Counter()
    for blanks in range(3):
        ways = list(itertools.combinations(range(3 + blanks), blanks))
        for places in ways:  # counted from the newest
            slots = [p for p in range(3 + blanks) if p not in places]
            ages = tuple(p + 1 for p in reversed(slots))
            expected[ages] += 1 / 3 / len(ways)
    drawn = 20_000
    received = collections.Counter(map(tuple, _ages(mask, 0.5, drawn)))
    assert set(received) == set(expected)
    for ages, share in expected.items():
        spread = np.sqrt(share * (1 - share) / drawn)
        assert abs(received[ages] / drawn - share) < 4 * spread, ages


def test_blanks_are_a_share_of_the_filled_slots_rounded_up():
    for filled, most in ((1, 1), (10, 1), (11, 2)):
        mask = [1] * filled + [0] * (12 - filled)
        ages = _ages(mask, noise=0.1, batch=300)
        assert ages[:, 0].max() == filled + most
        assert ages[:, 0].min() == filled


def test_examples_have_noise_of_their_own():
    ages = _ages([1] * 6, noise=1.0, batch=20)
    assert len({tuple(row) for row in ages}) > 10


@pytest.mark.parametrize("arguments", [{"max_age": 0}, {"max_age": 1.5}])
def test_max_age_must_be_a_positive_int(arguments):
    with pytest.raises(ValueError, match="Expected `max_age`.*Received"):
        TimeEncoding(**arguments)


@pytest.mark.parametrize("noise", [-0.1, 1.1])
def test_noise_must_be_a_share(noise):
    with pytest.raises(ValueError, match=f"Expected `noise`.*{noise}"):
        TimeEncoding(5, noise=noise)
