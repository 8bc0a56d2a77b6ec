import keras
import numpy as np
import pytest
import tensorflow as tf

from memnet_tf.training import (
    AnyAnswer,
    HitsAtOne,
    MarginRanking,
    PairwiseMarginRanking,
    WordCrossEntropy,
    word_cross_entropy,
)

HIDDEN = -3e4
RANDOM = np.random.default_rng(0)


def _margin_ranking(true, scores, margin):
    """Equation 6 for one label; a hidden choice is none."""
    wrong = [f for f in range(len(scores)) if f != true]
    wrong = [f for f in wrong if scores[f] != HIDDEN]
    return sum(max(0, margin - scores[true] + scores[f]) for f in wrong)


def _pairwise(true, preferences, margin):
    """The terms of section 3.4 that a sweep from the newest slot asks for."""
    cost = 0
    for f in range(len(preferences)):
        if f == true or preferences[f, true] == HIDDEN:
            continue
        if f > true:  # newer than the true one, which has to beat it
            cost += max(0, margin - preferences[true, f])
        else:
            cost += max(0, margin + preferences[f, true])
    return cost


def test_one_label_by_hand():
    scores = np.array([[0.5, 0.45, 0.3, 0.7]], "float32")
    # 0.1 - 0.5 + (0.45, 0.3, 0.7): 0.05, below 0, 0.3
    loss = MarginRanking(margin=0.1)(np.array([0]), scores)
    np.testing.assert_allclose(loss, 0.35, atol=1e-6)


def test_margin_ranking_is_that_of_the_paper():
    scores = RANDOM.normal(size=(4, 3, 6)).astype("float32")
    scores[0, :, 2] = scores[1, 1, 4] = HIDDEN
    true = RANDOM.choice([0, 1, 3, 5], size=(4, 3))
    expected = sum(
        _margin_ranking(true[place], scores[place], 0.3)
        for place in np.ndindex(4, 3)
    )
    loss = MarginRanking(margin=0.3)(true, scores)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_pairwise_margin_ranking_is_that_of_the_paper():
    scores = RANDOM.normal(size=(4, 2, 5, 5)).astype("float32")
    scores[0, :, 2] = scores[1, 1, 4] = HIDDEN
    true = RANDOM.choice([0, 1, 3], size=(4, 2))
    expected = sum(
        _pairwise(true[place], scores[place], 0.3) for place in np.ndindex(4, 2)
    )
    loss = PairwiseMarginRanking(margin=0.3)(true, scores)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def _zeros(loss, slots=6):
    """Scores of 0, of the shape that `loss` ranks."""
    pairs = isinstance(loss, PairwiseMarginRanking)
    return np.zeros((1, slots, slots) if pairs else (1, slots), "float32")


LOSSES = [MarginRanking, PairwiseMarginRanking]


@pytest.mark.parametrize("kind", LOSSES)
def test_a_label_below_zero_costs_nothing(kind):
    loss = kind()
    assert float(loss(np.array([-1]), _zeros(loss))) == 0
    assert float(loss(np.array([0]), _zeros(loss))) > 0


@pytest.mark.parametrize("kind", LOSSES)
def test_as_many_wrong_choices_as_asked_for_are_drawn(kind):
    keras.utils.set_random_seed(0)
    loss = kind(margin=1.0, negatives=2)
    for true in range(6):  # every wrong choice costs 1
        assert float(loss(np.array([true]), _zeros(loss))) == 2


@pytest.mark.parametrize("kind", LOSSES)
def test_hidden_choices_are_never_drawn(kind):
    keras.utils.set_random_seed(0)
    loss = kind(margin=1.0, negatives=2)
    scores = _zeros(loss)
    scores[0, 1:4] = HIDDEN  # leaves 4 and 5, besides the true one
    for _ in range(20):
        assert float(loss(np.array([0]), scores)) == 2


@pytest.mark.parametrize("kind", LOSSES)
def test_where_fewer_are_wrong_than_asked_for_all_are_drawn(kind):
    loss = kind(margin=1.0, negatives=3)
    scores = _zeros(loss)
    scores[0, 2:] = HIDDEN
    assert float(loss(np.array([0]), scores)) == 1
    loss = kind(margin=1.0, negatives=100)
    assert float(loss(np.array([0]), _zeros(loss))) == 5


def test_every_wrong_choice_is_drawn_as_often_and_the_true_one_never():
    keras.utils.set_random_seed(0)
    loss = MarginRanking(margin=1.0, negatives=2)
    scores = tf.zeros([5000, 6])
    with tf.GradientTape() as tape:
        tape.watch(scores)
        cost = loss(tf.fill([5000], 3), scores)
    drawn = tape.gradient(cost, scores).numpy()
    np.testing.assert_array_equal(drawn[:, 3], np.full(5000, -2))
    shares = np.delete(drawn.mean(axis=0), 3)
    spread = np.sqrt(0.4 * 0.6 / 5000)
    np.testing.assert_allclose(shares, 0.4, atol=4 * spread)


@pytest.mark.parametrize("kind", LOSSES)
def test_another_step_draws_others(kind):
    keras.utils.set_random_seed(0)
    loss = kind(negatives=3)
    wrong = tf.ones([1, 50], tf.bool)
    assert np.any(loss.sample(wrong).numpy() != loss.sample(wrong).numpy())


@pytest.mark.parametrize("kind", LOSSES)
def test_a_loss_is_saved_with_its_settings(kind):
    loss = kind(margin=0.4, negatives=7)
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert type(again) is kind
    assert (again.margin, again.negatives) == (0.4, 7)
    assert again.get_config() == loss.get_config()


def test_any_right_choice_will_do():
    scores = RANDOM.normal(size=(3, 4)).astype("float32")
    right = np.array([[0, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]])
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = -np.log((shares * right).sum(axis=1)[:2]).sum()
    np.testing.assert_allclose(AnyAnswer()(right, scores), expected, rtol=1e-5)
    with tf.GradientTape() as tape:
        scores = tf.constant(scores)
        tape.watch(scores)
        cost = AnyAnswer()(right, scores)
    gradient = tape.gradient(cost, scores).numpy()
    assert np.all(gradient[2] == 0)
    assert np.all((gradient[:2] < 0) == (right[:2] > 0))


@pytest.mark.parametrize(
    ("dtype", "exact"), [("float32", 1e-6), ("float16", 1e-3)]
)
def test_the_cross_entropy_of_words_is_that_of_keras(dtype, exact):
    logits = (4 * RANDOM.normal(size=(2, 3, 5))).astype(dtype)
    words = RANDOM.integers(0, 5, size=(2, 3))
    loss = WordCrossEntropy()
    expected = keras.losses.sparse_categorical_crossentropy(
        words, logits.astype("float32"), from_logits=True
    )
    found = word_cross_entropy(words, logits)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_allclose(loss(words, logits), np.sum(expected), rtol=1e-5)
    with tf.GradientTape() as tape:
        logits = tf.constant(logits)
        tape.watch(logits)
        cost = loss(words, logits)
    shares = tf.nn.softmax(tf.cast(logits, "float32")).numpy()
    gradient = tape.gradient(cost, logits).numpy()
    expected = shares - np.eye(5)[words]
    np.testing.assert_allclose(gradient, expected, atol=exact)


def test_hits_at_one_is_the_share_of_best_choices_that_are_right():
    metric = HitsAtOne()
    metric.update_state([[1, 1, 0], [0, 1, 0]], [[0.0, 5, 1], [2.0, 1, 1]])
    metric.update_state([[0, 0, 1], [0, 0, 1]], [[0.0, 5, 9], [2.0, 1, 3]])
    assert float(metric.result()) == 0.75
    assert HitsAtOne.from_config(metric.get_config()).name == "hits_at_1"
