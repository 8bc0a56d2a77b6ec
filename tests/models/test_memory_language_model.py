import keras
import numpy as np
import pytest

from export import ways
from memnet_tf import models
from memnet_tf.memory_store import LeastUseful, MemoryStore, Oldest
from memnet_tf.models.memory_language_model.neighbours import (
    Neighbours,
    best_mixture,
)

WORDS = ["a", "b", "c", "d"]
UNITS, CONTEXT = 3, 4
TEXT = " ".join(np.random.default_rng(0).choice([*WORDS, "e"], 150))


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    network = models.MemN2NLanguageModel(WORDS, CONTEXT, UNITS, hops=2)
    random = np.random.default_rng(0)
    for weight in network.trainable_weights:
        weight.assign(random.normal(size=weight.shape) / 2)
    return network


def _remembering(network, capacity=1000, metric="l2", rule=Oldest, **more):
    store = MemoryStore(UNITS, capacity, rule(), metric)
    return models.MemoryLanguageModel(
        network, network.all_words(), network.memory_size, store, **more
    )


def _expected(network, k, share, sharpness, metric, capacity=1000):
    """Log probabilities of the words of `TEXT`, one after the other."""
    windows, labels = network.encode([TEXT])
    words = labels["answer"][:, 0]
    outputs = network(windows)
    logits = outputs["answer"].numpy()[:, 0].astype("float64")
    states = outputs["states"].numpy()[:, 0]
    logs = []
    for place, word in enumerate(words):
        of_model = np.exp(logits[place]) / np.exp(logits[place]).sum()
        # The store holds so many, beside the part of the text being read.
        first = max(0, place // 64 * 64 - capacity)
        scores = states[first:place] @ states[place]
        if metric == "l2":
            apart = states[first:place] - states[place]
            scores = -np.sum(apart**2, axis=1)
        near = np.argsort(-scores)[:k]
        shares = np.exp(sharpness * scores[near])
        probability = of_model[word]
        if len(near):
            right = words[first:place][near] == word
            of_memory = shares[right].sum() / shares.sum()
            probability = (1 - share) * probability + share * of_memory
        logs.append(np.log(probability))
    return logs


@pytest.mark.parametrize("k", [3, 500])
@pytest.mark.parametrize("metric", ["l2", "inner_product"])
def test_the_memory_is_written_while_a_text_is_read(network, k, metric):
    model = _remembering(network, metric=metric, k=k, share=0.4, sharpness=2.0)
    score = model.score(TEXT)
    expected = _expected(network, k, 0.4, 2.0, metric)
    np.testing.assert_allclose(score.log_probabilities, expected, rtol=1e-4)
    assert score.perplexity == pytest.approx(np.exp(-np.mean(expected)), 1e-4)
    assert score.words == network.score(TEXT).words
    assert len(model.store) == 150


def test_the_oldest_is_forgotten(network):
    model = _remembering(network, 20, k=200, share=0.4, sharpness=2.0)
    found = model.score(TEXT).log_probabilities
    expected = _expected(network, 200, 0.4, 2.0, "l2", capacity=20)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert next(iter(model.store)) >= len(model.store) == 20


def test_without_a_share_it_is_the_model(network):
    found = _remembering(network, share=0.0).score(TEXT).log_probabilities
    expected = network.score(TEXT).log_probabilities
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_a_text_goes_on_with_what_was_remembered(network, tmp_path):
    model = _remembering(network, share=0.5, sharpness=1e5)
    first = model.score(TEXT).perplexity
    model.store.save(tmp_path / "store")
    store = MemoryStore.load(tmp_path / "store")
    model = models.MemoryLanguageModel(
        network, network.all_words(), CONTEXT, store, share=0.5, sharpness=1e5
    )
    assert model.score(TEXT).perplexity < 2.5 < first


def test_an_empty_text_is_no_surprise(network):
    model = _remembering(network)
    assert model.score(" ").words == ()
    assert model.score("").perplexity == 1.0
    assert model.choose("").perplexity == 1.0


def test_probabilities_of_the_vocabulary_sum_to_one(network):
    logs = [
        _remembering(network, share=0.6).score(f"{TEXT} {word}")
        for word in [*WORDS, "e"]
    ]
    last = [score.log_probabilities[-1] for score in logs]
    assert np.exp(last).sum() == pytest.approx(1, abs=1e-4)


def test_the_mixture_is_chosen_that_says_a_text_best(network):
    model = _remembering(network)
    chosen = model.choose(TEXT).perplexity
    again = _remembering(network, share=model.share, sharpness=model.sharpness)
    assert again.score(TEXT).perplexity == pytest.approx(chosen, rel=1e-4)
    assert chosen < network.score(TEXT).perplexity


def test_sharper_shares_are_chosen_where_the_nearest_is_right():
    scores = np.array([[2.0, 1.0], [1.0, 2.0]] * 50)
    right = np.array([[3, 4], [4, 3]] * 50)
    found = Neighbours(scores, right, np.ones((100, 2), bool))
    words = np.full(100, 3)
    share, sharpness = best_mixture(np.full(100, 0.1), found, words)
    assert (share, sharpness) == (pytest.approx(0.94), 64 / 0.5)
    share, _ = best_mixture(np.full(100, 0.1), found, words + 5)
    assert share == 0
    nothing = Neighbours(
        *(array[:, :0] for array in found[:2]), right[:, :0] > 0
    )
    assert best_mixture(np.ones(100), nothing, words) == (0.0, 1.0)


def test_what_was_not_found_has_no_share():
    mask = np.array([[True, True, False], [False] * 3])
    found = Neighbours(np.full((2, 3), -9.0), np.ones((2, 3), int), mask)
    for sharpness in (0.0, 1e6):
        expected = [[0.5, 0.5, 0], [0, 0, 0]]
        np.testing.assert_array_equal(found.shares(sharpness), expected)


def test_what_said_the_right_word_is_useful(network):
    model = _remembering(network, 100, rule=LeastUseful, k=8, sharpness=5.0)
    model.score(TEXT)
    # Of the first 64, by which the next 64 were read, the useful are kept.
    kept = np.array(list(model.store))
    slots = [model.store._slot_of[memory] for memory in kept]
    usefulness = model.store._slots.usefulness[slots]
    assert len(kept) == 100
    old = usefulness[kept < 64]
    assert len(old) and old.min() > 0
    assert np.all(usefulness <= 1)


def test_a_text_that_was_read_is_said_again(network):
    text = "a b c d d c b a b d a c"
    model = _remembering(network, share=1.0, sharpness=1e4)
    said = model.generate(f"{text} {text} a b c", words=5, temperature=0)
    assert said == "d d c b a"
    assert len(model.store) == 27 + 5


def test_a_seed_decides_what_is_said(network):
    said = [
        _remembering(network, share=0.2).generate("a b", seed=seed)
        for seed in (1, 1, 2)
    ]
    assert said[0] == said[1] != said[2]
    assert set(said[2].split()) <= {*WORDS, "<unk>"}


def test_any_keras_model_of_words_can_remember():
    words = keras.Input((None,), dtype="int32")
    states = keras.layers.Embedding(4, 2)(words)
    states = keras.layers.LSTM(5, return_sequences=True)(states)
    logits = keras.layers.Dense(4)(states)
    network = keras.Model(words, {"answer": logits, "states": states})
    model = models.MemoryLanguageModel(
        network, ["", "<unk>", "x", "y"], 6, MemoryStore(5, 100), share=0.3
    )
    text = "x y y " * 30
    first = model.score(text).perplexity
    assert model.score(text).perplexity < first


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("way", [ways.eager, ways.session, ways.in_c])
def test_an_export_says_what_the_model_would(network, way, tmp_path):
    model = _remembering(network, share=0.5, sharpness=5.0, k=40)
    model.score(TEXT)
    exported = model.export(tmp_path / "model")
    assert exported.flavour.name == "exact"
    texts = ["a b c d a", "a e", "", TEXT]
    requests = [{"text": np.array([text.encode()])} for text in texts]
    functions = exported.signatures
    with way(functions if way is ways.eager else tmp_path / "model") as run:
        said = run("next_word", requests)
    for text, found in zip(texts, said, strict=True):
        shares, _ = model._next(model._ids(text.split()))
        best = np.argsort(-shares)[:5]
        np.testing.assert_allclose(found["scores"][0], shares[best], rtol=1e-3)
        words = [word.decode() for word in found["answers"][0]]
        assert words == [model.all_words[word] for word in best]
        assert found["answer"][0].decode() == words[0]
        assert found["score"][0] == found["scores"][0, 0]
    assert len(model.store) == 150


def test_without_a_memory_there_is_nothing_to_export(network, tmp_path):
    with pytest.raises(ValueError, match="Expected a model that remembers"):
        _remembering(network).export(tmp_path / "model")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda network: _remembering(network, k=0), "Expected `k`.*0"),
        (lambda network: _remembering(network, share=1.5), "`share`.*1.5"),
        (
            lambda network: _remembering(network, sharpness=-1.0),
            "`sharpness`.*-1.0",
        ),
        (
            lambda network: _remembering(network).score(["a"]),
            "Expected a text.*a",
        ),
        (
            lambda network: _remembering(network).generate("a", words=0),
            "Expected `words`.*0",
        ),
        (
            lambda network: _remembering(network).generate("a", temperature=-1),
            "Expected `temperature`.*-1",
        ),
    ],
)
def test_what_cannot_be_is_an_error(network, call, error):
    with pytest.raises(ValueError, match=error):
        call(network)
