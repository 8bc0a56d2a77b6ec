import keras
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


def test_it_adds_what_keras_gru_finds_both_ways():
    layer = InputFusion()
    layer(MEMORY)
    expected = np.zeros_like(FEATURES)
    for reader in layer.readers:
        backwards = reader.name == "backwards"
        gru = keras.layers.GRU(
            3, return_sequences=True, go_backwards=backwards, use_cudnn=False
        )
        gru.build(FEATURES.shape)
        reader.bias.assign(RANDOM.normal(size=9))
        biases = [_as_keras(reader.bias), np.zeros(9)]
        weights = [reader.of_feature, reader.of_state]
        gru.set_weights([*map(_as_keras, weights), np.stack(biases)])
        found = gru(FEATURES, mask=MASK).numpy()
        expected += found[:, ::-1] if backwards else found
    expected[~MASK] = 0
    fused = layer(MEMORY).features
    np.testing.assert_allclose(fused, expected, atol=1e-6)


def _as_keras(weight):
    """Keras has the update gate first, and it keeps what ours writes."""
    reset, candidate, update = np.split(np.array(weight), 3, axis=-1)
    return np.concatenate([-update, reset, candidate], axis=-1)
