"""The segmenter cuts streams of words into statements."""

import keras
import numpy as np
import pytest

from memnet_tf.datasets.simulated_world.examples import tell
from memnet_tf.layers import build_vocabulary
from memnet_tf.models import MemNN, Segmenter


@pytest.fixture(scope="module")
def segmenter():
    keras.utils.set_random_seed(0)
    statements = [example.story[-1] for example in tell("actor", 1, seed=1)]
    segmenter = Segmenter(build_vocabulary(statements))
    segmenter.fit_statements(statements)
    return segmenter


def test_seg_is_the_linear_score_of_a_bag_of_words():
    segmenter = Segmenter(["a", "b"], units=3)
    embeddings, classifier = (weight.numpy() for weight in segmenter.weights)
    ids = np.array([[2, 3, 3, 0], [0, 0, 0, 0]])
    expected = (embeddings[2] + 2 * embeddings[3]) @ classifier
    np.testing.assert_allclose(segmenter(ids)[0], expected[0], atol=1e-6)
    assert segmenter(ids)[1] == 0


def test_stream_never_seen_is_cut_into_its_statements(segmenter):
    told = [e.story[-1].lower() for e in tell("actor", 1, seed=9)[:300]]
    assert segmenter.segments(" ".join(told)) == told


def test_unfinished_segment_comes_last(segmenter):
    stream = "Joe went to the garden. Joe went to"
    whole, rest = segmenter.segments(stream)
    assert (whole, rest) == ("joe went to the garden", "joe went to")


def test_an_empty_stream_has_no_segments(segmenter):
    assert segmenter.segments("  ... ") == []


def test_segments_of_a_stream_are_memories_of_memnn(segmenter):
    network = MemNN(segmenter.vocabulary, 8, memory_size=5)
    stream = "joe went to the garden mary moved to the office"
    answer = network.answer(segmenter.segments(stream), "where is joe?")
    assert answer.addresses.shape == (2, 2)


def test_saved_segmenter_cuts_the_same(segmenter, tmp_path):
    segmenter.save(tmp_path / "segmenter.keras")
    loaded = keras.saving.load_model(tmp_path / "segmenter.keras")
    stream = "joe went to the garden mary took the milk fred moved"
    assert loaded.segments(stream) == segmenter.segments(stream)
