import numpy as np
import pytest

from memnet_tf.layers import (
    CandidateResponse,
    MatchingResponse,
    MemoryResponse,
    WordResponse,
)

RANDOM = np.random.default_rng(0)
OUTPUT = RANDOM.normal(size=(2, 3)).astype("float32")
TABLE = RANDOM.normal(size=(5, 3)).astype("float32")
NEVER = np.float32(-3e4)


def test_every_word_is_scored_by_its_embedding():
    layer = WordResponse(5, reserved=0)
    layer(OUTPUT)
    layer.embeddings.assign(TABLE)
    np.testing.assert_allclose(layer(OUTPUT), OUTPUT @ TABLE.T, atol=1e-6)


def test_tied_words_are_scored_by_what_is_handed_in():
    layer = WordResponse(5, reserved=0, tied=True)
    received = layer(OUTPUT, TABLE)
    np.testing.assert_allclose(received, OUTPUT @ TABLE.T, atol=1e-6)
    assert not layer.weights


def test_reserved_words_are_never_the_answer():
    logits = WordResponse(5, reserved=2, tied=True)(OUTPUT, TABLE).numpy()
    np.testing.assert_array_equal(logits[:, :2], [[NEVER] * 2] * 2)
    assert np.all(np.abs(logits[:, 2:]) < 100)


@pytest.mark.parametrize("tied", [False, True])
def test_embeddings_are_handed_in_exactly_where_tied(tied):
    arguments = () if tied else (TABLE,)
    with pytest.raises(ValueError, match="Expected `embeddings` exactly"):
        WordResponse(5, tied=tied)(OUTPUT, *arguments)


@pytest.mark.parametrize("reserved", [-1, 5])
def test_some_words_must_be_possible(reserved):
    with pytest.raises(ValueError, match="Expected `reserved`.*Received"):
        WordResponse(5, reserved=reserved)


SHARED = np.array([[1, 2], [3, 0], [0, 0], [4, 4]], "int32")


def _candidate_response(candidates):
    layer = CandidateResponse(5)
    layer(OUTPUT, candidates)
    layer.encoder.embeddings.assign(TABLE)
    return layer(OUTPUT, candidates).numpy()


def _scores(output, candidates):
    """Each candidate's bag of words against what was read."""
    bags = [sum(TABLE[w] for w in words if w) for words in candidates.tolist()]
    return np.array(
        [NEVER if not np.any(bag) else output @ bag for bag in bags]
    )


def test_candidates_are_scored_by_their_bags_of_words():
    expected = [_scores(output, SHARED) for output in OUTPUT]
    np.testing.assert_allclose(_candidate_response(SHARED), expected, atol=1e-5)


def test_questions_may_have_candidates_of_their_own():
    own = np.stack([SHARED, SHARED[::-1]])
    expected = [_scores(*pair) for pair in zip(OUTPUT, own, strict=True)]
    np.testing.assert_allclose(_candidate_response(own), expected, atol=1e-5)


def test_a_candidate_without_words_is_never_the_answer():
    scores = _candidate_response(SHARED)
    np.testing.assert_array_equal(scores[:, 2], [NEVER] * 2)
    assert np.all(scores[:, [0, 1, 3]] > -100)


def test_a_candidate_matches_by_the_types_of_its_entities_that_were_said():
    layer = MatchingResponse(5, entities=[[1, 2], [3]])
    said = np.array([[[2, 0], [4, 0]], [[3, 1], [1, 1]]], "int32")
    candidates = np.array([[1, 2], [3, 0], [0, 0], [4, 3]], "int32")
    layer(OUTPUT, candidates, said)
    layer.encoder.embeddings.assign(TABLE)
    matches = layer.matches(candidates, said).numpy()
    expected = [
        [[True, False], [False, False], [False, False], [False, False]],
        [[True, False], [False, True], [False, False], [False, True]],
    ]
    np.testing.assert_array_equal(matches, expected)
    types = layer.types.numpy()
    plain = np.array([_scores(output, candidates) for output in OUTPUT])
    added = np.einsum("bct,td,bd->bc", np.array(expected), types, OUTPUT)
    scores = layer(OUTPUT, candidates, said)
    np.testing.assert_allclose(scores, plain + added, atol=1e-5)


def test_a_candidate_knows_whether_its_entity_was_the_last_of_its_type():
    layer = MatchingResponse(6, entities=[[1, 2], [3]], latest=True)
    said = np.array([[[2, 1], [4, 2]], [[3, 1], [1, 0]], [[4, 0], [0, 5]]])
    candidates = np.array([[1, 0], [2, 3], [0, 0], [4, 3]], "int32")
    output = RANDOM.normal(size=(3, 4)).astype("float32")
    scores = layer(output, candidates, said)
    said_last = [{2}, {1, 3}, set()]  # of the two types
    matches = layer.matches(candidates, said).numpy()
    for row, words in enumerate(said):
        for place, candidate in enumerate(candidates):
            for type_, entities in enumerate(([1, 2], [3])):
                here = set(candidate) & set(entities)
                found = matches[row, place, [type_, 2 + type_]].tolist()
                assert found[0] == bool(here & set(words.flat))
                assert found[1] == bool(here & said_last[row])
    added = np.einsum("bct,td,bd->bc", matches, layer.types.numpy(), output)
    plain = output @ layer.encoder(candidates).numpy().T
    given = [0, 1, 3]
    np.testing.assert_allclose(
        scores.numpy()[:, given], (plain + added)[:, given], atol=1e-5
    )


@pytest.mark.parametrize("entities", [[], [[0]], [[1], [5]]])
def test_entities_are_ids_of_words(entities):
    with pytest.raises(ValueError, match="Expected `entities`.*Received"):
        MatchingResponse(5, entities)


def test_candidates_that_match_are_the_same_for_every_question():
    layer = MatchingResponse(5, entities=[[1]])
    with pytest.raises(ValueError, match="Expected `candidates` of shape"):
        layer(OUTPUT, np.stack([SHARED, SHARED]), SHARED[:2])
    with pytest.raises(ValueError, match="and what was `said`"):
        layer(OUTPUT, SHARED)


def test_the_memory_read_last_is_the_answer():
    addresses = np.array([[[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]]], "float32")
    scores = MemoryResponse()(addresses)
    np.testing.assert_array_equal(scores, addresses[:, 1])


def test_addresses_need_an_axis_of_hops():
    with pytest.raises(ValueError, match="Expected `addresses` of shape"):
        MemoryResponse()(np.zeros((2, 3), "float32"))
