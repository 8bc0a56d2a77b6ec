import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memnet_tf.layers import ClusterHashRetrieval, WordHashRetrieval

FEW = settings(max_examples=40, deadline=None)
# Words 1 and 2 mean the same, and 3 and 4.
EMBEDDINGS = np.array([[0, 0], [1, 0], [1, 0.1], [0, 1], [0.1, 1]])
IDS = st.lists(st.integers(0, 6), min_size=3, max_size=3)


def _shared(memories, question, same=lambda word: word):
    """Slots of the memories that share a word, by definition."""
    wanted = {same(word) for word in question if word}
    return [
        slot
        for slot, words in enumerate(memories)
        if wanted & {same(word) for word in words if word}
    ]


@FEW
@given(
    memories=st.lists(IDS, max_size=8),
    questions=st.lists(IDS, min_size=1, max_size=3),
)
def test_candidates_share_a_word(memories, questions):
    layer = WordHashRetrieval(vocabulary_size=7)
    layer.index_words(np.array(memories, "int32").reshape(-1, 3))
    candidates = layer.candidates(np.array(questions))
    expected = [_shared(memories, question) for question in questions]
    assert [slots.tolist() for slots in candidates.slots] == expected
    assert candidates.counts.tolist() == [len(slots) for slots in expected]
    if memories:
        keys = np.ones((len(memories), 1), "float32")
        found = layer(
            np.ones((len(questions), 1)), 9, keys, words=np.array(questions)
        )
        for slots, mask, wanted in zip(
            found.slots.numpy(), found.mask.numpy(), expected, strict=True
        ):
            assert sorted(slots[mask]) == wanted


def test_a_cluster_of_words_is_one_bucket():
    layer = ClusterHashRetrieval(vocabulary_size=5, clusters=2)
    memories = [[1, 0], [2, 2], [3, 0], [4, 1]]
    layer.index_words(np.array(memories), EMBEDDINGS)
    found = layer.candidates(np.array([[2, 0], [4, 0], [0, 0]]))
    assert [slots.tolist() for slots in found.slots] == [[0, 1, 3], [2, 3], []]


def test_the_best_of_the_candidates_come_first():
    layer = WordHashRetrieval(vocabulary_size=4)
    layer.index_words(np.array([[1], [2], [1], [1]]))
    keys = np.array([[1.0], [9.0], [3.0], [2.0]])
    found = layer(np.ones((1, 1)), 2, keys, words=np.array([[1]]))
    assert found.slots.numpy().tolist() == [[2, 3]]
    assert found.scores.numpy().tolist() == [[3.0, 2.0]]


def test_rare_words_come_first_where_there_is_room_for_few():
    layer = WordHashRetrieval(vocabulary_size=3, shortlist=2)
    layer.index_words(np.array([[1], [1], [1], [2]]))
    found = layer(np.ones((1, 1)), 2, np.ones((4, 1)), words=np.array([[1, 2]]))
    assert sorted(found.slots.numpy()[0]) == [0, 3]


def test_words_outside_the_vocabulary_share_nothing():
    layer = WordHashRetrieval(vocabulary_size=3)
    layer.index_words(np.array([[1], [2]]))
    words = np.array([[7, 0]])
    assert layer.candidates(words).counts.tolist() == [0]
    found = layer(np.ones((1, 1)), 1, np.ones((2, 1)), words=words)
    assert not found.mask.numpy().any()


def test_an_index_of_words_is_needed():
    layer = WordHashRetrieval(vocabulary_size=3)
    query, keys, words = np.ones((1, 1)), np.ones((2, 1)), np.array([[1]])
    with pytest.raises(ValueError, match=r"Expected `index_words`.*Received"):
        layer(query, 1, keys, words=words)
    layer.index_words(np.array([[1], [2]]))
    with pytest.raises(ValueError, match=r"Expected `words`.*Received: None"):
        layer(query, 1, keys)


@pytest.mark.parametrize("wrong", [-1, 3])
def test_ids_are_of_the_vocabulary(wrong):
    with pytest.raises(ValueError, match=r"Expected word ids from 0 to 2.*"):
        WordHashRetrieval(3).index_words(np.array([[1, wrong]]))


@pytest.mark.parametrize("embeddings", [None, EMBEDDINGS[:3]])
def test_every_word_needs_an_embedding(embeddings):
    layer = ClusterHashRetrieval(vocabulary_size=5)
    with pytest.raises(ValueError, match=r"Expected `embeddings` of 5.*Rec"):
        layer.index_words(np.array([[1]]), embeddings)
