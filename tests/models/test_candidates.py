"""MemN2N and the query-reduction network answer with candidates."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from memnet_tf import models

WORDS = ["call", "me", "at", "the", "inn", "its", "number", "is"]
NUMBERS = ["one", "two", "three", "four"]
NETWORKS = [models.MemN2N, models.QueryReductionNetwork]


def network(kind, **arguments):
    keras.utils.set_random_seed(0)
    built = kind(
        [*WORDS, *NUMBERS],
        sentence_length=4,
        memory_size=3,
        units=8,
        hops=2,
        candidates=[f"call {number}" for number in NUMBERS],
        **arguments,
    )
    built.compile(keras.optimizers.Adam(0.03))
    return built


def tell(numbers):
    story = [["the inn", f"its number is {number}"] for number in numbers]
    x = {"story": story, "question": ["call the inn"] * len(numbers)}
    return x, [f"call {number}" for number in numbers]


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_number_never_trained_on_is_answered_where_candidates_match(
    kind, tmp_path
):
    matching = network(kind, entities={"number": NUMBERS})
    x, y = tell(NUMBERS[:3])
    matching.fit(x, y, batch_size=3, epochs=10, verbose=0)
    # So that the type alone decides: three numbers can be learned by heart.
    words = matching.response.encoder.embeddings
    words.assign(np.zeros(words.shape))
    unseen, answers = tell(["four"])
    answer = matching.answer(unseen["story"], unseen["question"])[0]
    assert answer.text == answers[0]
    matching.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert loaded.candidates == matching.candidates
    again = loaded.answer(unseen["story"], unseen["question"])[0]
    assert again.score == pytest.approx(answer.score, abs=1e-5)
    matching.export(tmp_path / "export")
    signatures = tf.saved_model.load(tmp_path / "export").signatures
    turns = tf.constant([[*unseen["story"][0], *unseen["question"]]])
    reply = signatures["converse"](turns=turns)
    assert reply["answer"].numpy()[0].decode() == answers[0]
    kept = signatures["encode"](story=turns[:, :-1])
    outputs = signatures["respond"](
        **kept, story=turns[:, :-1], question=turns[:, -1]
    )
    np.testing.assert_allclose(outputs["score"], [answer.score], atol=1e-5)


@pytest.mark.parametrize("kind", NETWORKS)
def test_candidates_need_no_entities(kind):
    plain = network(kind)
    x, y = tell(NUMBERS)
    plain.fit(x, y, batch_size=4, epochs=60, verbose=0)
    answers = plain.answer(x["story"], x["question"])
    assert [answer.text for answer in answers] == y


@pytest.mark.parametrize("kind", NETWORKS)
def test_entities_are_words_of_the_vocabulary_that_candidates_match(kind):
    with pytest.raises(ValueError, match="Expected `entities`.*five"):
        network(kind, entities={"number": ["five"]})
    with pytest.raises(ValueError, match="Expected `candidates`.*None"):
        kind(WORDS, sentence_length=4, entities={"number": ["inn"]})
