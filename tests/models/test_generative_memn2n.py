"""A network that answers in sentences: text in, text out."""

import keras
import numpy as np
import pytest

from export import check, ways
from export.requests import inputs_of, requests_of
from memnet_tf.models import GenerativeMemN2N

WORDS = ["john", "mary", "went", "the", "garden", "office", "is", "in", "where"]
PLACES = ("garden", "office")
STORIES = [
    [f"John went the {one}", f"Mary went the {other}"]
    for one in PLACES
    for other in PLACES
    for _ in range(2)
]
QUESTIONS = ["Where is John?", "Where is Mary?"] * 4
ANSWERS = [
    f"{who.title()} is in the {story[row % 2].split()[-1]}."
    for row, story in enumerate(STORIES)
    for who in [("john", "mary")[row % 2]]
]
SAID = [answer.lower().rstrip(".") for answer in ANSWERS]
TEXT = {"story": STORIES, "question": QUESTIONS}


def _network(**arguments):
    keras.utils.set_random_seed(0)
    return GenerativeMemN2N(
        WORDS, 6, memory_size=3, units=16, hops=1, noise=0.0, **arguments
    )


@pytest.fixture(scope="module")
def network():
    """A network that learned to answer."""
    network = _network()
    network.compile(keras.optimizers.Adam(0.02), steps_per_execution=1)
    history = network.fit(TEXT, ANSWERS, batch_size=8, epochs=150, verbose=0)
    assert history.history["accuracy"][-1] == 1
    return network


def test_it_learns_to_say_sentences(network):
    answers = network.answer(STORIES, QUESTIONS)
    assert [answer.text for answer in answers] == SAID
    for answer in answers:
        assert 0.8 < answer.score <= 1
        assert answer.addresses.shape == (1, 2)
    assert network.evaluate(TEXT, ANSWERS, verbose=0, return_dict=True)[
        "accuracy"
    ] == pytest.approx(1)


def test_the_score_is_the_geometric_mean_of_probabilities(network):
    x, _ = network.encode(TEXT, ANSWERS)
    logits = network(x)["answer"].numpy()[0, :6]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    of_words = shares[np.arange(6), x["sentence"][0]]  # the last is the end
    answer = network.answer(STORIES[0], QUESTIONS[0])
    assert answer.score == pytest.approx(of_words.prod() ** (1 / 6), rel=1e-4)


def test_the_accuracy_is_of_whole_sentences(network):
    answers = [*ANSWERS[:5], "John is in", f"{ANSWERS[6]} is", "Mary is"]
    found = network.evaluate(TEXT, answers, verbose=0, return_dict=True)
    assert found["accuracy"] == pytest.approx(5 / 8)


def test_other_answers_are_less_likely(network):
    function = network.signatures()["serving_default"].function
    outputs = function(np.array(STORIES, object), np.array(QUESTIONS, object))
    scores = outputs["scores"].numpy()
    assert scores.shape == (8, 5)
    assert np.all(np.diff(scores, axis=1) <= 0)
    for answers in outputs["answers"].numpy().tolist():
        assert len(set(answers)) == 5


def test_text_is_taught_as_its_words():
    network = _network()
    x, y = network.encode(TEXT, ["John is", "", "what is", *ANSWERS[3:]])
    assert x["sentence"][:3].tolist() == [
        [2, 8, 0, 0, 0, 0],
        [0] * 6,
        [1, 8, 0, 0, 0, 0],
    ]
    assert y["answer"].numpy()[:3].tolist() == [
        [2, 8, 0, -1, -1, -1],
        [0, -1, -1, -1, -1, -1],
        [-1, 8, 0, -1, -1, -1],
    ]
    alone, labels = network.encode(TEXT)
    assert labels is None
    assert set(alone) == {"story", "question"}
    assert network.encode(x, y) == (x, y)  # ids are returned as such


def test_without_a_sentence_to_say_it_says_its_own(network):
    x, _ = network.encode(TEXT)
    outputs = network(x)
    best = outputs["sentences"][:, 0].numpy()
    taught = network({**x, "sentence": best})
    np.testing.assert_allclose(outputs["answer"], taught["answer"], atol=1e-5)
    assert "sentences" not in taught
    said = outputs["answer"].numpy().argmax(axis=-1)
    np.testing.assert_array_equal(said[best > 0], best[best > 0])


def test_few_slots_may_be_read():
    network = _network(addressing="top_k", k=1)
    answer = network.answer(["John", "went", "the garden"], "where is John")
    assert (answer.addresses > 0).sum(axis=1).tolist() == [1]


def test_an_empty_story_and_question_are_ordinary_input(network):
    answer = network.answer([], "")
    assert isinstance(answer.text, str)
    assert np.isfinite(answer.score)


def test_it_is_saved_with_how_it_is_trained(network, tmp_path):
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    assert [a.text for a in loaded.answer(STORIES, QUESTIONS)] == SAID
    found = loaded.evaluate(TEXT, ANSWERS, verbose=0, return_dict=True)
    assert found["accuracy"] == 1


@pytest.mark.usefixtures("built")
def test_an_export_says_the_same_wherever_it_runs(network, tmp_path):
    signatures = network.export(tmp_path / "model").signatures
    requests = requests_of(STORIES, QUESTIONS)
    lines = check.check(signatures, tmp_path / "model", requests)
    equal = [line for line in lines if "8 replies" in line]
    assert len(equal) == len(lines) == 3
    with ways.tensorflow_only(tmp_path / "model") as run:
        inputs = inputs_of(requests)
        inputs = {name: inputs[name] for name in ("story", "question")}
        (reply,) = run("serving_default", [inputs])
    assert [text.decode() for text in reply["answer"]] == SAID
