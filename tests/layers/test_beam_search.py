"""Beam search, with what every word costs in a table."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from memnet_tf.layers.response.beam_search import NEVER, beam_search

WORDS, LENGTH = 4, 4
SUMS = WORDS * LENGTH
RANDOM = np.random.default_rng(0)


def _table(random):
    """Logarithms of the probabilities of a word, `(SUMS, V, V)`.

    They depend on the sum of the ids said before, and on the last.
    """
    logits = random.normal(size=(SUMS, WORDS, WORDS)) * 2
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def _step(tables):
    """A step of which each sentence of the batch has a table of its own."""
    tables = tf.cast(tables, tf.float32)

    def step(words, state):
        state = state + tf.cast(words[..., None], tf.float32)
        place = tf.stack([tf.cast(state[..., 0], tf.int32), words], axis=-1)
        return tf.gather_nd(tables, place, batch_dims=1), state

    return step


def _search(tables, beams, length=LENGTH):
    state = np.zeros((len(tables), 2), "float32")
    words, scores = beam_search(_step(tables), state, beams, length)
    return words.numpy(), scores.numpy()


def _score(table, sentence):
    """The mean logarithm, of the end too where it is said."""
    said = list(sentence)
    if 0 in said:
        said = said[: said.index(0) + 1]
    before = [0, *said[:-1]]
    sums = np.cumsum(before)
    return np.mean([table[p] for p in zip(sums, before, said, strict=True)])


def _all_sentences():
    """Every sentence that can be said, padded with 0 after its end."""
    for words in itertools.product(range(WORDS), repeat=LENGTH):
        end = words.index(0) if 0 in words else LENGTH
        if not any(words[end:]):
            yield words


@pytest.mark.parametrize("seed", range(3))
def test_with_beams_for_all_it_is_the_search_through_all(seed):
    random = np.random.default_rng(seed)
    tables = np.stack([_table(random) for _ in range(2)])
    sentences = list(_all_sentences())
    assert len(sentences) == 1 + 3 + 9 + 27 + 81
    words, scores = _search(tables, len(sentences) + 3)
    for table, found, of_found in zip(tables, words, scores, strict=True):
        expected = sorted(sentences, key=lambda s: -_score(table, s))
        received = [tuple(sentence) for sentence in found.tolist()]
        assert received[: len(sentences)] == expected
        np.testing.assert_allclose(
            of_found[: len(sentences)],
            [_score(table, sentence) for sentence in expected],
            rtol=1e-5,
        )
        np.testing.assert_array_equal(of_found[len(sentences) :], NEVER)


def _beams_by_hand(table, beams):
    """The search in lists."""
    kept = [([], 0.0)]
    for _ in range(LENGTH):
        longer = []
        for words, total in kept:
            if 0 in words:
                longer.append((words, total))
                continue
            shares = table[sum(words), words[-1] if words else 0]
            for word in range(WORDS):
                longer.append(([*words, word], total + shares[word]))
        kept = sorted(longer, key=lambda beam: -beam[1])[:beams]
    kept.sort(key=lambda beam: -beam[1] / len(beam[0]))
    return [words + [0] * (LENGTH - len(words)) for words, _ in kept]


@pytest.mark.parametrize("beams", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(5))
def test_the_likeliest_beginnings_are_kept(seed, beams):
    table = _table(np.random.default_rng(seed))
    words, scores = _search(table[None], beams)
    received = [
        s for s, of_s in zip(words[0], scores[0], strict=True) if of_s > NEVER
    ]
    assert np.array(received).tolist() == _beams_by_hand(table, beams)


def test_one_beam_says_the_likeliest_word_always():
    tables = np.stack([_table(RANDOM) for _ in range(20)])
    words, scores = _search(tables, beams=1)
    for table, sentence, score in zip(tables, words[:, 0], scores, strict=True):
        expected = []
        while len(expected) < LENGTH and 0 not in expected:
            shares = table[sum(expected), expected[-1] if expected else 0]
            expected.append(int(np.argmax(shares)))
        expected += [0] * (LENGTH - len(expected))
        assert sentence.tolist() == expected
        assert score[0] == pytest.approx(_score(table, expected), rel=1e-5)


def test_the_best_is_first_and_no_sentence_goes_on_after_its_end():
    tables = np.stack([_table(RANDOM) for _ in range(20)])
    words, scores = _search(tables, beams=6)
    assert np.all(np.diff(scores, axis=1) <= 0)
    after = np.cumsum(words == 0, axis=2) > 0
    np.testing.assert_array_equal(words[after], 0)
    for sentences in words:
        assert len({tuple(sentence) for sentence in sentences}) == 6


def test_a_sentence_that_ended_stays_as_it_is():
    table = np.log([[0.5, 0.3, 0.2], [1e-9, 0.9, 0.1], [1e-9, 0.1, 0.9]])
    tables = np.tile(table, (1, 10, 1, 1))  # whatever was said before
    words, scores = _search(tables, beams=2, length=6)
    assert words[0].tolist() == [[1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]]
    expected = np.log([0.3 * 0.9**5, 0.5]) / [6, 1]
    np.testing.assert_allclose(scores[0], expected, rtol=1e-5)


def test_xla_finds_what_eager_does():
    tables = np.stack([_table(RANDOM) for _ in range(3)])
    compiled = tf.function(
        lambda tables: beam_search(
            _step(tables), tf.zeros((tf.shape(tables)[0], 2)), 3, LENGTH
        ),
        input_signature=[tf.TensorSpec([None, SUMS, WORDS, WORDS])],
        jit_compile=True,
    )
    words, scores = compiled(tf.constant(tables, tf.float32))
    expected = _search(tables, beams=3)
    np.testing.assert_array_equal(words, expected[0])
    np.testing.assert_allclose(scores, expected[1], rtol=1e-5)
