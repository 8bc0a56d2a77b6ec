import keras
import numpy as np
import pytest

from export.requests import requests_of
from memnet_tf.datasets.simulated_world.examples import tell
from memnet_tf.layers.input_map.word_ids import build_vocabulary
from memnet_tf.models import MemN2N, MemNN

_STRANGE = ("", " ", "...", "Ünïcödé went 東京 🙂", "Zyx is in Ábc", "ЗЕБРА")


def _told():
    """500 stories with questions; some longer than the memory of 20."""
    examples = tell(
        "actor and object",
        difficulty=5,
        statements=1500,
        questions=500,
        seed=7,
    )
    rng = np.random.default_rng(7)
    stories, questions = [], []
    for example in examples:
        story = list(example.story)[-rng.integers(1, 31) :]
        for _ in range(rng.integers(4)):  # blanks and unknown words
            strange = _STRANGE[rng.integers(len(_STRANGE))]
            story.insert(rng.integers(len(story) + 1), strange)
        if rng.random() < 0.2:
            story = [line.replace("garden", "Zoo-Park") for line in story]
        stories.append(story)
        questions.append(example.question)
    return requests_of(stories, questions)


@pytest.fixture(scope="session")
def requests_told():
    return _told()


@pytest.fixture(scope="session", params=["MemN2N", "MemNN"])
def network(request):
    keras.utils.set_random_seed(3)
    examples = tell("actor and object", 5, statements=300, questions=50)
    words = build_vocabulary(
        [line for example in examples for line in example.story]
        + [example.question for example in examples]
    )
    if request.param == "MemN2N":
        return MemN2N(words, 7, memory_size=20, units=20, hops=3)
    return MemNN(
        words, 7, memory_size=20, units=20, unknown_words=5, match=True
    )


@pytest.fixture(scope="session")
def saved_model(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "model"
    network.export(folder)
    return folder
