import keras
import numpy as np
import pytest

from export import ways
from memnet_tf import feeding, models

WORDS = ["the", "cat", "sat", "on", "mat", "<eos>"]
UNITS, HOPS, SLOTS = 5, 3, 4
TEXT = "the cat sat on the dog <eos>"  # of which one word is unknown


def _model(seed=0, **arguments):
    keras.utils.set_random_seed(seed)
    model = models.MemN2NLanguageModel(WORDS, SLOTS, UNITS, HOPS, **arguments)
    random = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        weight.assign(random.normal(size=weight.shape))
    return model


@pytest.fixture(scope="module")
def model():
    return _model()


def test_the_first_hop_begins_with_the_newest_words():
    keras.utils.set_random_seed(0)
    model = models.MemN2NLanguageModel(WORDS, memory_size=20)
    words = np.random.default_rng(0).integers(1, 8, (500, 20))
    first = model(words)["addresses"][:, 0, 0].numpy().mean(0)[::-1]
    by_n = 1 / np.arange(1, 21)
    np.testing.assert_allclose(first, by_n / by_n.sum(), rtol=0.3)


def _next_word(model, words):
    """Section 5 for the ids of the last words: logits and addresses."""
    embeddings = model.input_map.embeddings.numpy()
    of_keys, of_values = np.split(embeddings, 2, axis=1)
    ages_of_keys = model.output_map.score.ages.numpy()[::-1]
    ages_of_values = model.output_map.read.ages.numpy()[::-1]
    h = model.output_map.update.state_map.numpy()
    words = words[-SLOTS:]
    keys = [
        of_keys[word] + ages_of_keys[len(words) - place - 1]
        for place, word in enumerate(words)
    ]
    values = [
        of_values[word] + ages_of_values[len(words) - place - 1]
        for place, word in enumerate(words)
    ]
    state = np.full(UNITS, 0.1)
    addresses = np.zeros((HOPS, SLOTS))
    for hop in range(HOPS):
        total = state @ h
        if words:
            scores = np.array(keys) @ state
            shares = np.exp(scores) / np.exp(scores).sum()
            addresses[hop, -len(words) :] = shares
            total = total + shares @ np.array(values)
        rectified = np.maximum(total, 0)
        state = np.append(total[: UNITS // 2], rectified[UNITS // 2 :])
    return model.response.embeddings.numpy()[1:] @ state, addresses


def _log_probability(logits, word):
    return logits[word - 1] - np.log(np.exp(logits).sum())  # without id 0


@pytest.mark.parametrize("count", [0, 1, 3, 4, 6])
def test_the_forward_pass_is_that_of_the_paper(model, count):
    words = [2, 4, 1, 3, 7, 2][:count]
    outputs = model(np.array([[*[0] * SLOTS, *words]], "int32"))
    logits, addresses = _next_word(model, words)
    found = {name: output[0, -1] for name, output in outputs.items()}
    np.testing.assert_allclose(found["answer"][1:], logits, rtol=1e-4)
    np.testing.assert_allclose(found["addresses"], addresses, atol=1e-5)
    state = model.response(found["states"][None])[0]
    np.testing.assert_allclose(state, found["answer"])


def test_a_run_says_what_its_windows_say(model):
    words = np.random.default_rng(0).integers(1, 8, (3, SLOTS + 6), "int32")
    words[0, :3] = 0  # a text begins
    of_run = model(words)
    for place in range(7):
        of_window = model(words[:, place : place + SLOTS])
        for name, found in of_window.items():
            np.testing.assert_allclose(
                of_run[name][:, place], found[:, 0], rtol=1e-5, atol=1e-5
            )


def test_what_is_short_is_read_at_its_end(model):
    one = model(np.array([[2, 3]], "int32"))["answer"]
    other = model(np.array([[0, 0, 2, 3]], "int32"))["answer"]
    np.testing.assert_array_equal(one, other)


def test_every_word_is_scored_after_those_before_it(model):
    ids = [2, 3, 4, 5, 2, 1, 7]
    score = model.score(TEXT)
    assert score.words == (*TEXT.split()[:5], "<unk>", "<eos>")
    expected = [
        _log_probability(_next_word(model, ids[:place])[0], word)
        for place, word in enumerate(ids)
    ]
    np.testing.assert_allclose(score.log_probabilities, expected, rtol=1e-4)
    assert score.perplexity == pytest.approx(np.exp(-np.mean(expected)), 1e-4)


def test_texts_are_scored_apart(model):
    long = TEXT * 50
    one, none, other = model.score([TEXT, " ", long])
    np.testing.assert_allclose(
        other.log_probabilities[:6], one.log_probabilities[:6], rtol=1e-5
    )
    assert none == ((), pytest.approx([]), 1.0)
    assert len(other.words) == len(other.log_probabilities) == 50 * 6 + 1


def test_windows_of_texts_stand_before_their_words(model):
    windows, labels = model.encode(["the cat", "mat on the cat sat on"])
    assert windows.shape == (8, SLOTS)
    assert windows[:3].tolist() == [[0] * 4, [0, 0, 0, 2], [0] * 4]
    assert windows[-1].tolist() == [5, 2, 3, 4]
    assert labels["answer"].tolist() == [[2], [3], [6], [5], [2], [3], [4], [5]]


def test_dropout_leaves_out_the_same_features_of_all_words_of_a_run():
    model = _model(dropout=0.5)
    words = np.array([[2, 3, 4, 2, 6], [2, 3, 4, 2, 6]])
    plain = _model()(words)["answer"].numpy()
    np.testing.assert_allclose(model(words)["answer"], plain, rtol=1e-6)
    trained = model(words, training=True)["answer"].numpy()
    assert not np.allclose(trained, plain) and np.ptp(trained, axis=0).any()
    features = model.input_map(words[..., None])
    kept = model.of_words(features, training=True).numpy() != 0
    np.testing.assert_array_equal(kept, kept[:, :1] & np.ones_like(kept))
    assert 0 < kept.mean() < 1


def test_probabilities_of_the_vocabulary_sum_to_one(model):
    texts = [f"the cat {word}" for word in [*WORDS, "dog"]]
    last = [score.log_probabilities[-1] for score in model.score(texts)]
    assert np.exp(last).sum() == pytest.approx(1, abs=1e-5)


def test_a_text_that_repeats_is_learned_and_said():
    model = models.MemN2NLanguageModel(WORDS, 3, units=8, hops=2)
    model.compile(
        keras.optimizers.Adam(0.02), jit_compile=False, steps_per_execution=10
    )
    text = "the cat sat on the mat <eos> " * 30
    history = model.fit(
        text,
        batch_size=16,
        validation_data=text[: len(text) // 2],
        epochs=20,
        verbose=0,
    )
    costs = history.history["cross_entropy"]
    assert costs[-1] < 0.2 < costs[0]
    assert history.history["val_cross_entropy"][-1] < 0.3
    score = model.score("sat on the mat <eos> the cat")
    assert np.exp(-score.log_probabilities[3:].mean()) < 1.3
    said = model.generate("the cat sat", words=5, temperature=0)
    assert said == "on the mat <eos> the"


def test_a_seed_and_a_temperature_decide_what_is_said(model):
    said = [model.generate("the cat", seed=seed) for seed in (1, 1, 2)]
    assert said[0] == said[1] != said[2]
    assert set(said[2].split()) <= {*WORDS, "<unk>"}
    assert len(said[2].split()) == 20
    likeliest = [model.generate("", 5, 0, seed) for seed in (1, 2)]
    assert likeliest[0] == likeliest[1]


def test_runs_depend_on_the_seed_and_on_the_number_of_the_batch():
    words = np.arange(100, dtype="int32")

    def drawn(seed, first=0):
        batches = feeding.runs(words, 3, 2, 8, seed, first).take(2)
        return [run.numpy() for run, _ in batches]

    one, two = drawn(0)
    np.testing.assert_array_equal(drawn(0, first=1)[0], two)
    assert np.any(one != two)
    assert np.any(one != drawn(1)[0])
    run, after = next(iter(feeding.runs(words[:6], 3, 2, 64)))
    assert set(after.numpy()[:, 0]) == {3, 4}  # the first runs and the last
    np.testing.assert_array_equal(after[:, 1], after[:, 0] + 1)
    np.testing.assert_array_equal(run, after[:, :1] + np.arange(-3, 1))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda model: _model(addressing="all"), "Expected `addressing`"),
        (lambda model: models.MemN2NLanguageModel(["<unk>"]), "without <unk>"),
        (lambda model: model.fit("a " * 11), "at least 12 words.*Received: 11"),
        (
            lambda model: model.fit("a " * 99, batch_size=12),
            "multiple of 8 places.*12",
        ),
        (lambda model: model.score([3]), "Expected `texts`.*3"),
        (lambda model: model.generate("a", words=0), "Expected `words`.*0"),
        (
            lambda model: model.generate("a", temperature=-1),
            "Expected `temperature`.*-1",
        ),
    ],
)
def test_what_cannot_be_is_an_error(model, call, error):
    with pytest.raises(ValueError, match=error):
        call(model)


def test_it_is_saved_with_its_vocabulary(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.score(TEXT).words == model.score(TEXT).words
    assert loaded.score(TEXT).perplexity == model.score(TEXT).perplexity


TEXTS = [TEXT, "", "mat", "the dog  sat on " * 70]


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("way", [ways.eager, ways.session, ways.in_c])
def test_an_export_scores_and_says_the_next_word(model, way, tmp_path):
    signatures = model.export(tmp_path / "model").signatures
    texts = [{"text": np.array([text.encode()])} for text in TEXTS]
    with way(signatures if way is ways.eager else tmp_path / "model") as run:
        scores = run("serving_default", texts)
        said = run("next_word", texts)
    for found, expected in zip(scores, model.score(TEXTS), strict=True):
        words = [word.decode() for word in np.ravel(found["words"])]
        assert words == list(expected.words)
        np.testing.assert_allclose(
            np.ravel(found["log_probability"]),
            expected.log_probabilities,
            rtol=1e-4,
        )
        np.testing.assert_allclose(
            found["perplexity"], [expected.perplexity], rtol=1e-4
        )
    for found, text in zip(said, TEXTS, strict=True):
        likeliest = model.generate(text, words=1, temperature=0)
        assert found["answer"][0].decode() == likeliest
        assert found["answers"].shape == found["scores"].shape == (1, 5)
        assert found["score"][0] == found["scores"][0, 0]
        assert found["attention"].shape == (1, HOPS, SLOTS)


def test_an_export_pads_what_is_shorter(model):
    score = model.signatures()["serving_default"].function
    found = score(np.array(TEXTS, object))
    apart = [score(np.array([text], object)) for text in TEXTS]
    for row, one in enumerate(apart):
        count = one["words"].shape[1]
        assert np.all(found["words"][row, count:] == b"")
        np.testing.assert_array_equal(found["log_probability"][row, count:], 0)
        np.testing.assert_allclose(
            found["log_probability"][row, :count],
            one["log_probability"][0],
            rtol=1e-4,
        )
        np.testing.assert_allclose(
            found["perplexity"][row], one["perplexity"][0], rtol=1e-4
        )
