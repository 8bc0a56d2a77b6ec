import itertools

import keras
import numpy as np
import pytest

from memnet_tf.layers.input_map.bag_of_ngrams import with_ngrams
from memnet_tf.models import MemNN
from tests.models import task
from tests.models.task import WORDS

SLOTS = 4
STORY = np.array(
    [
        [[2, 6, 4], [3, 6, 5], [2, 6, 6], [3, 4, 0]],
        [[3, 6, 4], [0, 0, 0], [1, 5, 2], [7, 0, 0]],
        [[4, 2, 0], [5, 3, 0], [7, 2, 4], [0, 0, 0]],
    ],
    "int32",
)
QUESTION = np.array([[7, 2, 0], [7, 3, 1], [2, 4, 6]], "int32")


def _model(**arguments):
    keras.utils.set_random_seed(0)
    model = MemNN(WORDS, 3, SLOTS, units=4, **arguments)
    random = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(random.normal(size=weight.shape) * 0.5)
    return model


def _table(word_table):
    """`U` for one role, `(V, n)`, with nothing for padding."""
    table = word_table.embeddings.numpy()[0].copy()
    table[0] = 0
    return table


def _supporting_memories(layer, story, question):
    """Equations 2 and 3, and section 3.4 where there is time: the slots."""
    filled = [slot for slot in range(SLOTS) if story[slot].any()]
    query = _table(layer.question)[question].sum(axis=0)
    memory = _table(layer.memory)
    found = []
    for _ in range(layer.k):
        if found:
            query = query + _table(layer.read)[story[found[-1]]].sum(axis=0)

        def features(slot):
            total = memory[story[slot]].sum(axis=0)
            if layer.match:
                for word in story[slot]:
                    if word and word in question:
                        total = total + _table(layer.question_match)[word]
                    if word and found and word in story[found[-1]]:
                        total = total + _table(layer.read_match)[word]
            return total

        def preferred(slot, other, query=query, features=features):
            difference = features(slot) - features(other)
            if layer.time:
                x_is_older_than_y, than_other, y_is_older = layer.age.numpy()
                if found:
                    difference += (found[-1] < slot) * x_is_older_than_y
                    difference += (found[-1] < other) * than_other
                difference += (slot < other) * y_is_older
            return query @ difference > 0

        champion = filled[-1]
        for slot in reversed(filled[:-1]):
            if preferred(slot, champion):
                champion = slot
        found.append(champion)
    return found


def _scores_of_words(layer, story, question, found):
    """Equation 4: s_R of every word."""
    query = _table(layer.question)[question].sum(axis=0)
    for number, slot in enumerate(found):
        number = number if layer.nonlinear else 0
        role = [layer.read, *layer.later_reads][number]
        query = query + _table(role)[story[slot]].sum(axis=0)
    if layer.nonlinear:
        kernel, bias = (weight.numpy() for weight in layer.map.weights)
        query = np.tanh(np.tanh(query) @ kernel + bias)
    answers = _table(layer.answer)
    places = [question, *story[found]]
    if layer.match:
        for table, place in zip(layer.matches, places, strict=True):
            for word in set(place.tolist()) - {0}:
                if word < len(answers):  # no n-gram
                    answers[word] += _table(table)[word]
    scores = answers @ query
    scores[:2] = -3e4
    return scores


@pytest.mark.parametrize(
    ("k", "time", "match", "extended"),
    list(
        itertools.product((1, 2), (False, True), (False, True), (False, True))
    ),
)
def test_the_forward_pass_is_that_of_the_paper(k, time, match, extended):
    n = 2 if extended else 1
    model = _model(k=k, time=time, match=match, n=n, nonlinear=extended)
    outputs = model({"story": STORY, "question": QUESTION})
    words = model.word_ids.vocabulary_size
    story, question = (
        with_ngrams(ids, n, words, buckets=2048).numpy()
        for ids in (STORY, QUESTION)
    )
    assert outputs["answer"].shape[1] == words
    for row in range(len(STORY)):
        example = story[row], question[row]
        found = _supporting_memories(model.output_map, *example)
        np.testing.assert_array_equal(
            outputs["addresses"][row], np.eye(SLOTS)[found]
        )
        scores = _scores_of_words(model.response, *example, found)
        np.testing.assert_allclose(outputs["answer"][row], scores, atol=1e-5)


def test_the_order_of_words_matters_to_ngrams():
    there = np.array([[[2, 4, 3], [3, 4, 2]]], "int32")
    question = np.array([[2, 4, 0]], "int32")
    for n, same in ((1, True), (2, False)):
        model = _model(k=1, time=False, n=n, nonlinear=True)
        one, other = (
            model({"story": there[:, [slot]], "question": question})["answer"]
            for slot in (0, 1)
        )
        assert np.allclose(one, other) is same


def test_ngrams_and_unknown_words_do_not_go_together():
    with pytest.raises(ValueError, match="n-grams.*n=2, unknown_words=3"):
        _model(n=2, unknown_words=3)


def test_support_is_read_in_training():
    model = _model()
    inputs = {
        "story": STORY,
        "question": QUESTION,
        "support": np.array([[0, 1], [2, 0], [1, 1]], "int32"),
    }
    addresses = model(inputs, training=True)["addresses"]
    np.testing.assert_array_equal(addresses, np.eye(SLOTS)[inputs["support"]])
    alone = model({**inputs, "support": inputs["support"] * 0})["addresses"]
    np.testing.assert_array_equal(alone, model(inputs)["addresses"])


def _unknowing(**arguments):
    return _model(unknown_words=2, match=True, **arguments)


def _scores(model, story, question):
    """Outputs for strings, as numpy."""
    outputs = model(
        {
            "story": model.word_ids(np.array([story])),
            "question": model.word_ids(np.array([question])),
        }
    )
    return {name: value.numpy()[0] for name, value in outputs.items()}


def _of_word(model, outputs, word):
    return float(outputs["answer"][int(model.word_ids.word_id(word))])


def test_an_unknown_word_of_the_story_can_be_the_answer():
    model = _unknowing()
    outputs = _scores(model, ["bilbo went garden"], "where gollum")
    assert _of_word(model, outputs, "bilbo") > -100
    assert _of_word(model, outputs, "garden") > -100
    assert _of_word(model, outputs, "gollum") == np.float32(-3e4)
    assert _of_word(model, outputs, "frodo") == np.float32(-3e4)


def test_some_story_has_an_unknown_word_as_its_answer():
    model = _unknowing()
    story = ["bilbo went garden", "garden bilbo office"]
    questions = [" ".join(q) for q in itertools.permutations(WORDS, 3)]
    answers = model.answer([story] * len(questions), questions)
    assert "bilbo" in {answer.text for answer in answers}


def test_without_unknown_words_none_is_the_answer():
    model = _model()
    outputs = _scores(model, ["bilbo went garden"], "where bilbo")
    assert _of_word(model, outputs, "bilbo") == np.float32(-3e4)


def test_an_unknown_word_is_what_stands_beside_it_whatever_its_name():
    model = _unknowing()
    one = _scores(
        model, ["bilbo went garden", "gollum where mary"], "where bilbo"
    )
    other = _scores(
        model, ["sauron went garden", "saruman where mary"], "where sauron"
    )
    np.testing.assert_array_equal(one["addresses"], other["addresses"])
    np.testing.assert_allclose(
        _of_word(model, one, "bilbo"),
        _of_word(model, other, "sauron"),
        rtol=1e-5,
    )
    bilbo, gollum = (_of_word(model, one, w) for w in ("bilbo", "gollum"))
    assert abs(bilbo - gollum) > 1e-3


def _fit(model, x, y, epochs):
    model.compile(
        keras.optimizers.Adam(0.05), jit_compile=False, steps_per_execution=10
    )
    model.fit(x, y, batch_size=8, epochs=epochs, verbose=0)
    return model


def _small():
    keras.utils.set_random_seed(0)
    return MemNN(WORDS, 3, memory_size=2, units=8, k=1)


LABELLED = {**task.TEXT, "support": task.SUPPORT}


def test_training_on_strings_is_training_on_ids():
    on_text = _fit(_small(), LABELLED, task.ANSWERS, epochs=1)
    model = _small()
    on_ids = _fit(model, *model.encode(LABELLED, task.ANSWERS), epochs=1)
    for one, two in zip(on_text.weights, on_ids.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


def test_a_tiny_task_is_learnt_and_kept_by_saving(tmp_path):
    model = _fit(_small(), LABELLED, task.ANSWERS, epochs=5)
    task.assert_learnt(model)
    task.assert_reads_support(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    task.assert_same_answers(loaded, model)
