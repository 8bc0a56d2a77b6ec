"""Which R a network has: a word, or one of its candidates."""

from memnet_tf.layers.response.candidate_response import CandidateResponse
from memnet_tf.layers.response.matching_response import MatchingResponse
from memnet_tf.layers.response.word_response import WordResponse


def response_of(
    word_ids, candidates=None, entities=None, tied=False, latest=False
):
    """R of a network.

    Args:
        word_ids: the network's `layers.WordIds`.
        candidates: the texts to answer with; a word of the vocabulary if
            None.
        entities: a dict of lists of words of the vocabulary by type, where
            candidates are to match what was said.
        tied: see `WordResponse`.
        latest: see `MatchingResponse`.

    Raises:
        ValueError: an entity is not in the vocabulary, or there are entities
            but no candidates.
    """
    words = word_ids.vocabulary_size
    ids = entity_ids(word_ids, entities)
    if entities and not candidates:
        raise ValueError(
            "Expected `candidates` where there are `entities`. Received: "
            f"{candidates}"
        )
    if not candidates:
        return WordResponse(words, 1 + word_ids.unknown_words, tied)
    if not ids:
        return CandidateResponse(words)
    return MatchingResponse(words, ids, latest)


def entity_ids(word_ids, entities=None):
    """The ids of entities, a list for each type; none of no entities.

    Args:
        word_ids: see `response_of`.
        entities: see `response_of`.

    Raises:
        ValueError: an entity is not in the vocabulary.
    """
    return [
        word_ids.known_ids(words, "entities")
        for words in (entities or {}).values()
    ]
