"""A network answers with a word, a given text, or a sentence of the story."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from memnet_tf import MemoryNetwork, layers

WORDS = ["joe", "mary", "went", "to", "the", "garden", "office", "yes", "no"]
STORIES = [
    ["Joe went to the garden", "Mary went to the office"],
    ["Mary went to the garden", "", "Joe went to the office"],
]
QUESTIONS = ["where joe", "where joe"]


def network(response, **options):
    keras.utils.set_random_seed(1)
    model = MemoryNetwork(
        word_ids=layers.WordIds(WORDS, sentence_length=5),
        input_map=layers.BagOfWords(11, 16),
        generalization=layers.Append(4),
        output_map=layers.OutputMap(),
        response=response,
        **options,
    )
    model.compile(keras.optimizers.Adam(0.05))
    return model


def learn(model, answers, path):
    x = {"story": STORIES, "question": QUESTIONS}
    model.fit(x, answers, batch_size=2, epochs=80, verbose=0)
    model.save(path / "model.keras")
    loaded = keras.saving.load_model(path / "model.keras")
    given = loaded.answer(STORIES, QUESTIONS)
    assert [answer.text for answer in given] == answers
    model.export(path / "export")
    exported = tf.saved_model.load(path / "export")
    replies = exported.signatures["serving_default"](
        story=tf.constant([STORIES[0] + [""], STORIES[1]]),
        question=tf.constant(QUESTIONS),
    )
    assert [text.decode() for text in replies["answer"].numpy()] == answers
    np.testing.assert_allclose(
        replies["score"], [answer.score for answer in given], atol=1e-5
    )


def test_a_network_answers_with_a_word(tmp_path):
    model = network(layers.WordResponse(11, reserved=2))
    learn(model, ["garden", "office"], tmp_path)


def test_a_network_answers_with_one_of_the_given_texts(tmp_path):
    texts = ["The garden!", "The office!"]
    model = network(layers.CandidateResponse(11), candidates=texts)
    learn(model, texts, tmp_path)


def test_a_network_answers_with_a_sentence_of_the_story(tmp_path):
    model = network(layers.MemoryResponse())
    learn(model, [STORIES[0][0], STORIES[1][2]], tmp_path)
    answer = model.answer(STORIES[0], QUESTIONS[0])
    np.testing.assert_allclose(
        answer.score, answer.addresses[-1].max(), atol=1e-5
    )
    assert model.answer([], "where joe").text == ""


def test_candidates_and_their_response_belong_together():
    with pytest.raises(ValueError, match="Expected `candidates`.*Received"):
        network(layers.CandidateResponse(11))
    with pytest.raises(ValueError, match="Expected `candidates`.*Received"):
        network(layers.WordResponse(11), candidates=["yes"])


def test_a_sentence_is_not_said_without_the_memory():
    with pytest.raises(ValueError, match="Expected `response`.*Generative"):
        network(layers.SentenceResponse(11, length=5))


def test_an_answer_that_cannot_be_given_is_an_error_for_texts():
    model = network(layers.CandidateResponse(11), candidates=["yes", "no"])
    with pytest.raises(ValueError, match="Expected every answer `y`"):
        model.encode({"story": STORIES, "question": QUESTIONS}, ["yes", "x"])


def test_an_answer_outside_the_vocabulary_costs_nothing_and_is_not_right():
    model = network(layers.WordResponse(11, reserved=2))
    x = {"story": STORIES, "question": QUESTIONS}
    values = model.evaluate(x, ["attic", "moor"], verbose=0, return_dict=True)
    assert values == {"loss": 0, "accuracy": 0}
