"""A sentence is said word by word, with a look at what was read."""

import itertools

import keras
import numpy as np
import pytest

from memnet_tf.layers import SentenceResponse
from memnet_tf.layers.response.beam_search import NEVER

WORDS, UNITS, LENGTH = 4, 3, 3
RANDOM = np.random.default_rng(0)
READ = {
    "output": RANDOM.normal(size=(2, UNITS)).astype("float32"),
    "question": RANDOM.normal(size=(2, UNITS)).astype("float32"),
    "values": RANDOM.normal(size=(2, 4, UNITS)).astype("float32"),
    "addresses": np.float32(
        [[[0.5, 0.5, 0, 0], [0, 1, 0, 0]], [[0.1, 0.2, 0.3, 0.4]] * 2]
    ),
}


def _layer(beams=1, **arguments):
    keras.utils.set_random_seed(0)
    layer = SentenceResponse(WORDS, LENGTH, beams, **arguments)
    layer(**READ)
    random = np.random.default_rng(1)
    for weight in layer.weights:
        weight.assign(random.normal(size=weight.shape))
    return layer


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _gru(cell, word, state):
    """Cho et al. 2014, as Keras computes it (`reset_after`)."""
    kernel, recurrent, bias = [weight.numpy() for weight in cell.weights]
    of_word = np.split(word @ kernel + bias[0], 3)
    of_state = np.split(state @ recurrent + bias[1], 3)
    update = _sigmoid(of_word[0] + of_state[0])
    reset = _sigmoid(of_word[1] + of_state[1])
    candidate = np.tanh(of_word[2] + reset * of_state[2])
    return update * state + (1 - update) * candidate


def _logits(layer, row, words):
    """Logits `(T, V)` of words after those before them."""
    output, question, values, addresses = [READ[name][row] for name in READ]
    embeddings = layer.embeddings.numpy()
    kernel, bias = [weight.numpy() for weight in layer.start.weights]
    state = np.tanh(np.append(output, question) @ kernel + bias)
    read = addresses.sum(axis=0)
    found = []
    for word in [0, *words[:-1]]:
        state = _gru(layer.speaker.cell, embeddings[word], state)
        scores = values @ layer.key.kernel.numpy() @ state
        attention = read * np.exp(scores)
        seen = attention / attention.sum() @ values
        kernel, bias = [weight.numpy() for weight in layer.readout.weights]
        said = np.concatenate([state, seen, output]) @ kernel + bias
        found.append(embeddings @ np.tanh(said))
    return np.array(found)


def test_words_are_said_by_what_was_read_and_by_those_before():
    layer = _layer()
    words = np.array([[3, 1, 2, 0], [2, 2, 0, 0]])
    received = layer(**READ, words=words)
    for row, sentence in enumerate(words):
        expected = _logits(layer, row, sentence.tolist())
        np.testing.assert_allclose(received[row], expected, atol=1e-5)


def _score(layer, row, sentence):
    """The mean logarithm of a sentence's words, of the end too."""
    end = sentence.index(0) + 1 if 0 in sentence else LENGTH
    logits = _logits(layer, row, sentence)[:end]
    shares = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return np.mean(shares[np.arange(end), sentence[:end]])


def test_with_many_beams_the_best_of_all_sentences_are_found():
    sentences = [
        list(words)
        for words in itertools.product(range(WORDS), repeat=LENGTH)
        if not any(words[(*words, 0).index(0) :])
    ]
    assert len(sentences) == 1 + 3 + 9 + 27
    layer = _layer(beams=len(sentences))
    received, scores = layer(**READ)
    for row in range(2):
        expected = sorted(sentences, key=lambda s: -_score(layer, row, s))
        assert received[row].numpy().tolist() == expected
        np.testing.assert_allclose(
            scores[row],
            [_score(layer, row, sentence) for sentence in expected],
            rtol=1e-4,
        )


def test_one_beam_says_the_likeliest_word_after_its_own():
    layer = _layer()
    sentences, _ = layer(**READ)
    sentence = sentences[:, 0].numpy()
    likeliest = layer(**READ, words=sentence).numpy().argmax(axis=-1)
    before = np.cumsum(sentence == 0, axis=1) - (sentence == 0) == 0
    np.testing.assert_array_equal(sentence[before], likeliest[before])
    np.testing.assert_array_equal(sentence[~before], 0)


def test_unknown_words_are_never_said():
    layer = _layer(beams=20, reserved=2)
    sentences, scores = layer(**READ)
    said = sentences.numpy()[scores.numpy() > NEVER]
    assert len(said) == 2 * (1 + 2 + 4 + 8)
    assert 1 not in said
    logits = layer(**READ, words=np.array([[1, 2, 3]] * 2)).numpy()
    np.testing.assert_array_equal(logits[..., 1], NEVER)


def test_a_slot_that_was_not_read_changes_no_word():
    layer = _layer()
    words = np.array([[3, 1, 2]] * 2)
    expected = layer(**READ, words=words)
    values = READ["values"].copy()
    values[0, 2:] = 100  # the first story's are read by no hop
    changed = layer(**{**READ, "values": values}, words=words)
    np.testing.assert_array_equal(changed[0], expected[0])


def test_where_nothing_was_read_a_sentence_is_said_all_the_same():
    layer = _layer(beams=2)
    nothing = {**READ, "addresses": np.zeros_like(READ["addresses"])}
    sentences, scores = layer(**nothing)
    assert np.all(np.isfinite(scores))
    apart = {**nothing, "values": 100 * READ["values"]}
    np.testing.assert_array_equal(layer(**apart)[0], sentences)


def test_labels_end_with_the_end_and_leave_out_unknown_words():
    layer = _layer(reserved=2)
    words = np.array([[2, 3, 0, 0], [1, 3, 2, 2], [0, 0, 0, 0]])
    assert layer.labels(words).numpy().tolist() == [
        [2, 3, 0, -1],
        [-1, 3, 2, 2],
        [0, -1, -1, -1],
    ]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"vocabulary_size": 0, "length": 3}, "`vocabulary_size`.*0"),
        ({"vocabulary_size": 5, "length": 0}, "`length`.*0"),
        ({"vocabulary_size": 5, "length": 3, "beams": 0}, "`beams`.*0"),
        ({"vocabulary_size": 5, "length": 3, "reserved": 5}, "`reserved`.*5"),
    ],
)
def test_bad_arguments_are_named(arguments, error):
    with pytest.raises(ValueError, match=f"Expected {error}"):
        SentenceResponse(**arguments)


def test_slots_and_addresses_are_of_one_memory():
    addresses = np.ones((2, 1, 5), "float32")
    with pytest.raises(ValueError, match="Expected `values` of shape"):
        SentenceResponse(WORDS, LENGTH)(**{**READ, "addresses": addresses})
