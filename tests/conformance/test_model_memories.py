import numpy as np
import pytest

from memnet_tf import MemoryNetwork
from tests.conformance.registry import MODELS, made, story_and_question

NAMES = [entry.name for entry in MODELS]
# Some addresses may sum to less, and bare scores to anything.
SHARING = [
    name
    for name in NAMES
    if not name.endswith(
        (
            "padded_softmax",
            "stick_breaking",
            "linear_start",
            "key_hashing",
            "without_backtracking",
            "TwoReaderNetwork",
            "TwoReaderNetwork_cross_reference",
            "QueryReductionNetwork",
            "QueryReductionNetwork_matching",
        )
    )
]


def _read(model, story, question):
    outputs = model({"story": story, "question": question})
    return {key: value.numpy() for key, value in outputs.items()}


def _assert_same(received, expected):
    for key in ("answer", "addresses"):
        np.testing.assert_allclose(
            received[key], expected[key], atol=1e-6, err_msg=key
        )


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_story_is_read_with_addresses_of_zero(name):
    story, question = story_and_question(name)
    outputs = _read(made(name), np.zeros_like(story), question)
    assert np.all(np.isfinite(outputs["answer"]))
    np.testing.assert_array_equal(outputs["addresses"], 0)


# Slots of an entity network hold no sentences.
OF_SENTENCES = [
    name for name in NAMES if not name.startswith("RecurrentEntityNetwork")
]


@pytest.mark.parametrize("name", SHARING)
def test_addresses_share_one_among_the_sentences(name):
    story, question = story_and_question(name)
    story[0, 1] = 0
    addresses = _read(made(name), story, question)["addresses"]
    if name in OF_SENTENCES:
        np.testing.assert_array_equal(addresses[0, :, 1], 0)
    np.testing.assert_allclose(addresses.sum(axis=-1), 1, atol=1e-6)


@pytest.mark.parametrize("name", OF_SENTENCES)
def test_a_memory_of_one_slot_keeps_the_newest_sentence(name):
    model = made(name)
    config = model.get_config()
    if type(model) is MemoryNetwork:
        config["generalization"]["config"]["slots"] = 1
    else:
        config["memory_size"] = 1
    small = type(model).from_config(config)
    story, question = story_and_question(name)
    received = _read(small, story, question)
    assert received["addresses"].shape[-1] == 1
    newest = np.stack([story[0, 2:], story[1, :1]])
    _assert_same(received, _read(small, newest, question))


@pytest.mark.parametrize("name", OF_SENTENCES)
def test_a_full_memory_written_again_holds_the_newest(name):
    model = made(name)
    story, question = story_and_question(name)
    story, question = np.tile(story[:1], (1, 2, 1))[:, :5], question[:1]
    memory = model.remember(story[:, :3])
    memory = model.remember(story[:, 3:4], memory)
    memory = model.remember(story[:, 4:], memory)
    assert memory.time.numpy().tolist() == [[2, 3, 4]]
    received = model.respond(memory, question)
    _assert_same(received, _read(model, story[:, 2:], question))


@pytest.mark.parametrize("name", NAMES)
def test_masked_slots_are_never_read(name):
    model = made(name)
    story, question = story_and_question(name)
    story[0, 1] = 0
    memory = model.remember(story)
    mask, junk = memory.mask.numpy(), memory.features.numpy().copy()
    junk[~mask] = 5  # also the id of a word
    received = model.respond(memory._replace(features=junk), question)
    masked = np.broadcast_to(~mask[:, None], received["addresses"].shape)
    np.testing.assert_array_equal(received["addresses"].numpy()[masked], 0)
    _assert_same(received, _read(model, story, question))


@pytest.mark.parametrize(("sentences", "words"), [(0, 3), (1, 0), (4, 2)])
@pytest.mark.parametrize("name", NAMES)
def test_more_padding_changes_no_answer(name, sentences, words):
    story, question = story_and_question(name)
    story = story[:, :2]
    padded = np.pad(story, [(0, 0), (0, sentences), (0, words)])
    asked = np.pad(question, [(0, 0), (0, words)])
    received = _read(made(name), padded, asked)
    expected = _read(made(name), story, question)
    # As many slots as the memory has, however many sentences there are.
    assert received["addresses"].shape == expected["addresses"].shape
    _assert_same(received, expected)


@pytest.mark.parametrize(
    "name", [name for name in NAMES if made(name).leaves_out_empty_slots]
)
def test_no_time_is_spent_on_slots_beyond_the_sentences(name, monkeypatch):
    model, seen = made(name), []
    respond = model.respond

    def watched(memory, question, **options):
        seen.append([part.shape[1] for part in memory])
        return respond(memory, question, **options)

    monkeypatch.setattr(model, "respond", watched)
    story, question = story_and_question(name)
    assert story.shape[1] > 2
    for sentences in (1, 2, 0):
        _read(model, story[:, :sentences], question)
    slots = model.memory_size
    assert seen == [[1] * 3, [2] * 3, [slots] * 3]
