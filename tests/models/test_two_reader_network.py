import numpy as np
import pytest
import tensorflow as tf

from memnet_tf import Memory, layers, models

WORDS = ["greg", "lily", "swan", "lion", "white", "is"]


def _network(**arguments):
    return models.TwoReaderNetwork(
        WORDS,
        sentence_length=4,
        memory_size=6,
        units=8,
        reader=layers.QueryReduction(hops=2),
        reader_units=6,
        **arguments,
    )


def _ids(sentences):
    random = np.random.default_rng(0)
    story = random.integers(2, 8, (3, sentences, 4)).astype("int32")
    story[1, 1:] = 0
    return {"story": story, "question": story[:, 0]}


def test_the_answer_is_the_sum_of_two_readers():
    network, x = _network(), _ids(6)
    first, second = _network(), _network()
    for other in (first, second):
        other.set_weights(network.get_weights())
    first.answer_embeddings.assign(np.zeros_like(first.answer_embeddings))
    tables = second.input_map.embeddings.numpy()
    tables[:, -8:] = 0  # C_K
    second.input_map.embeddings.assign(tables)
    whole, one, other = (
        made(x)["answer"].numpy()[:, 2:] for made in (network, first, second)
    )
    # Without C_K the last hop reads nothing, and scores every word alike.
    np.testing.assert_allclose(whole, one + other, atol=1e-5)
    assert np.ptp(one) > 0.01 and np.ptp(other) > 0.01


def test_the_hops_are_memn2ns_with_a_slot_of_zeros():
    """Section 2.2 of Sukhbaatar et al. 2015 in numpy."""
    network, x = _network(), _ids(6)
    memory = network.remember(x["story"])
    timed = network.time_encoding(
        Memory(network._features(memory.features)[0], memory.mask, memory.time)
    )
    tables = timed.features.numpy()  # (B, S, 4, d)
    state = network.input_map.encode(x["question"], 0, 1).numpy()[:, 0]
    for hop in range(3):
        scores = np.einsum("bd,bsd->bs", state, tables[:, :, hop])
        shares = np.exp(scores) * memory.mask.numpy()
        shares /= 1 + shares.sum(axis=1, keepdims=True)
        found = network(x)["addresses"][:, hop]
        np.testing.assert_allclose(found, shares, atol=1e-5)
        state = state + np.einsum("bs,bsd->bd", shares, tables[:, :, hop + 1])


@pytest.mark.parametrize("linear_start", [False, True])
def test_the_length_that_a_story_is_padded_to_changes_nothing(linear_start):
    network = _network(linear_start=linear_start)
    short, long = _ids(4), _ids(4)
    long["story"] = np.pad(long["story"], [(0, 0), (0, 2), (0, 0)])
    short, long = network(short), network(long)
    np.testing.assert_allclose(short["answer"], long["answer"], atol=1e-4)
    assert short["addresses"].shape == (3, 5, 6)
    np.testing.assert_allclose(short["addresses"], long["addresses"], atol=1e-4)


def test_an_answer_shows_what_all_hops_read():
    answer = _network().answer(["Greg is swan", "Lily is swan"], "Greg?")
    assert answer.addresses.shape == (5, 2)
    assert len(answer.support) == 5


def test_an_answer_spends_no_time_on_slots_that_no_story_fills(monkeypatch):
    network = _network()
    stories = [["Greg is swan", "", "Lily is white"], [], ["Lily is lion"]]
    questions = ["Greg is?", "Lily", "Lily is?"]
    seen = []
    read = network.reader.call

    def watched(question, memory):
        seen.append(tf.shape(memory.mask)[1])
        return read(question, memory)

    monkeypatch.setattr(network.reader, "call", watched)
    tf.config.run_functions_eagerly(True)
    try:
        short = network.answer(stories, questions)
        network.leaves_out_empty_slots = False
        long = network.answer(stories, questions)
    finally:
        tf.config.run_functions_eagerly(False)
    assert [int(count) for count in seen] == [3, 6]
    for one, other in zip(short, long, strict=True):
        assert (one.text, one.support) == (other.text, other.support)
        assert one.score == pytest.approx(other.score, abs=1e-6)
        np.testing.assert_allclose(one.addresses, other.addresses, atol=1e-6)
