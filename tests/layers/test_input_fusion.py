import numpy as np

from memnet_tf import Memory
from memnet_tf.layers import InputFusion

RANDOM = np.random.default_rng(0)
MASK = np.array([[True, True, True, False], [False, True, False, True]])
FEATURES = RANDOM.normal(size=(2, 4, 3)).astype("float32") * MASK[..., None]
MEMORY = Memory(FEATURES, MASK, np.cumsum(MASK, axis=1).astype("int32"))


def test_a_slot_knows_of_those_before_and_after_it():
    layer = InputFusion()
    fused = layer(MEMORY).features.numpy()
    for place, changed in ((0, [0, 1, 2]), (2, [0, 1, 2])):
        features = FEATURES.copy()
        features[0, place] += 1
        other = layer(MEMORY._replace(features=features)).features.numpy()
        differs = np.any(other != fused, axis=-1)
        assert np.flatnonzero(differs[0]).tolist() == changed
        assert not np.any(differs[1])


def test_empty_slots_are_skipped_and_stay_empty():
    layer = InputFusion()
    fused = layer(MEMORY)
    np.testing.assert_array_equal(fused.features[~MASK], 0)
    short = MEMORY._replace(
        features=FEATURES[1:, MASK[1]], mask=np.ones((1, 2), bool)
    )
    np.testing.assert_allclose(
        layer(short).features[0], fused.features.numpy()[1, MASK[1]], atol=1e-6
    )
