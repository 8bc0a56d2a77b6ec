import numpy as np
import pytest

from memnet_tf.training import SentenceAccuracy


def _accuracy(words, said):
    metric = SentenceAccuracy()
    metric.update_state(np.array(words), np.eye(4, dtype="float32")[said])
    return float(metric.result())


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([[2, 3, 0], [1, 0, 0]], 1),
        ([[2, 3, 0], [1, 0, 3]], 1),  # what is after the end does not matter
        ([[2, 3, 1], [1, 0, 0]], 0.5),
        ([[2, 0, 0], [1, 1, 0]], 0),
    ],
)
def test_one_wrong_word_makes_a_sentence_wrong(said, expected):
    assert _accuracy([[2, 3, 0], [1, 0, -1]], said) == expected


def test_it_is_made_again_from_its_config():
    metric = SentenceAccuracy(name="exact")
    again = SentenceAccuracy.from_config(metric.get_config())
    assert again.name == "exact"
