"""The comparison of addressing: stories, what is measured, and the driver."""

import json

import numpy as np
import pytest

from experiments.addressing import data, measure, search
from experiments.addressing.settings import PARTS, settings
from experiments.addressing.variants import ADDRESSINGS, build
from memnet_tf import layers
from tests.datasets.test_babi import write
from tests.experiments.driver import run

PLACES = "kitchen", "garden", "office"
STORY = [
    "Mary went to the kitchen.",
    "John went to the garden.",
    "Mary got the milk there.",
    "Mary went to the office.",
]
QUESTION = "Where is the milk?"
X = {"story": [STORY], "question": [QUESTION], "support": [[2, 3]]}
POOL = [
    f"{who} went to the {place}."
    for who in ("Mary", "John", "Sandra")
    for place in PLACES
]


@pytest.fixture
def stretched():
    random = np.random.default_rng(0)
    return data.stretch((X, ["office"]), POOL, 500, random)


def test_a_stretched_story_keeps_its_order_and_its_support(stretched):
    x, y = stretched
    (story,), (support,) = x["story"], x["support"]
    assert (len(story), y) == (500, ["office"])
    assert [story[place] for place in support] == STORY[2:]
    own = [
        place for place, s in enumerate(story) if data.entities(s) & {"mary"}
    ]
    assert [story[place] for place in own] == [STORY[0], *STORY[2:]]
    assert len({place // 10 for place in own}) == 3  # of 50 ages, all different


def test_other_sentences_name_nobody_that_matters_and_every_place(stretched):
    (story,) = stretched[0]["story"]
    rest = set(story) - set(STORY)
    named = {name for sentence in rest for name in data.entities(sentence)}
    assert named == {"john", "sandra"}
    assert all(any(place in s for s in rest) for place in PLACES)


def test_a_story_is_stretched_only_where_others_are_and_its_support_is_kept():
    random = np.random.default_rng(0)
    mary = [sentence for sentence in POOL if "Mary" in sentence]
    assert data.stretch((X, ["office"]), mary, 50, random)[1] == []
    long = {**X, "story": [[*STORY, *["John left."] * 49]]}
    x, _ = data.stretch((long, ["office"]), POOL, 50, random)
    assert x["story"] == []  # the newest 50 begin after the milk was got
    late = {**long, "support": [[3]]}
    x, _ = data.stretch((late, ["office"]), POOL, 50, random)
    assert x["story"] == [long["story"][0][3:]]
    assert x["support"] == [[0]]


def test_a_story_that_is_partly_stretched_leaves_slots_out():
    random = np.random.default_rng(0)
    many = {name: values * 50 for name, values in X.items()}
    x, _ = data.stretch((many, ["office"] * 50), POOL, 50, random, partly=True)
    lengths = list(map(len, x["story"]))
    assert 4 <= min(lengths) < 10
    assert 40 < max(lengths) <= 50
    for story, support in zip(x["story"], x["support"], strict=True):
        assert [story[place] for place in support] == STORY[2:]


def test_questions_are_about_the_newest_sentences():
    word_ids = layers.WordIds(["mary", "john", *PLACES, "milk"], 5)
    x = {
        "story": [STORY, STORY[:1]],
        "question": [QUESTION, "Where is Mary?"],
        "support": [[2, 3], [0]],
    }
    questions = data.encode(word_ids, (x, ["office", "kitchen"]), 2)
    np.testing.assert_array_equal(questions.story[0], word_ids(STORY[2:]))
    np.testing.assert_array_equal(questions.story[1, 0], word_ids(STORY[0]))
    assert not questions.story[1, 1].any()
    assert questions.support.tolist() == [[0, 1], [0, 0]]
    assert questions.answer.tolist() == [6, 4]
    one = data.encode(word_ids, (x, ["office", "kitchen"]), 1)
    assert one.support.tolist() == [[-1, 0], [0, 0]]


def test_support_counts_where_every_sentence_was_read_most_by_some_hop():
    support = np.array([[1, 2], [1, 1], [1, 2], [-1, 0]])
    read = np.array([[2, 1, 5], [3, 1, 3], [1, 1, 1], [0, 0, 0]])
    assert measure.support_accuracy(support, read) == pytest.approx(200 / 3)


def test_entropy_counts_that_nothing_was_found():
    addresses = np.array([[0.5, 0.5], [0, 0.5], [1, 0], [0, 0]])
    expected = [np.log(2), np.log(2), 0, 0]
    np.testing.assert_allclose(measure.entropy(addresses), expected, atol=1e-6)


@pytest.fixture
def network():
    """An untrained network that scores memories far apart."""
    addressing = next(a for a in ADDRESSINGS if a.name == "top-k 10")
    words = ["mary", "john", "went", "got", "milk", *PLACES]
    built = build(addressing, 3, (words, 6, 50), steps=1)
    built.output_map.linear.assign(0.0)
    for weight in built.trainable_variables:
        weight.assign(5 * weight)
    return built


@pytest.fixture
def questions(network):
    many = {name: values * 20 for name, values in X.items()}, ["office"] * 20
    text = data.stretch(many, POOL, 100, np.random.default_rng(0))
    return data.encode(network.word_ids, text, 100)


def test_slots_share_an_age_where_there_are_more_slots_than_ages(network):
    story = np.ones((1, 100, 6), "int32")
    age = measure.remember(network, story, 50).age().numpy()
    assert age[0, :4].tolist() == [50, 50, 49, 49]
    assert age[0, -2:].tolist() == [1, 1]
    few = measure.remember(network, story[:, :7], 50)
    assert few.age().numpy().tolist() == [[7, 6, 5, 4, 3, 2, 1]]


def test_a_network_is_measured_as_it_answers(network):
    own = data.encode(network.word_ids, (X, ["office"]), 50)
    outputs = network({"story": own.story, "question": own.question})
    found = measure.reader(network, 50)(own)
    answer = np.argmax(outputs["answer"], axis=-1)
    assert found["error"] == 100 * np.mean(answer != own.answer)
    entropies = measure.entropy(outputs["addresses"])
    assert found["entropy"] == pytest.approx(np.mean(entropies), abs=1e-5)
    read = np.argmax(outputs["addresses"], axis=-1)
    expected = 100.0 * set(own.support[0]).issubset(read[0])
    assert found["support"] == expected


def test_exact_retrieval_reads_what_top_k_addressing_reads(network, questions):
    found = search.measure(network, questions, 50, ["exact"])["exact"]
    expected = measure.reader(network, 50)(questions)
    assert found["error"] == expected["error"]
    assert found["support"] == expected["support"]
    assert found["read"] > 0


def test_a_hop_seeks_words_of_what_the_hops_before_it_read(network, questions):
    story = search.Story(network, questions.story[0], questions.question[0], 50)
    retrievals = story.retrievals("word hash")
    source = search.SearchedSlots(story.memory, retrievals, story.words)
    slots, _ = source.find(story.state, 10, 0)
    _, sought = source.words
    read = questions.story[0][slots[0, 0]]
    assert sought.numpy().tolist() == [[*questions.question[0], *read]]
    _, read = story.read(retrievals)
    assert read[0] == slots[0, 0]


def test_parts_train_what_they_compare():
    tasks = ["1", "2", "16"]
    count = {part: len(settings(part, tasks)) for part in PARTS}
    every = len(ADDRESSINGS)
    assert count == {
        "addressing": 3 * every,
        "hops": 4 * 4,  # of task 2
        "memories": 2 * every,
        "search": 2 * 2,
    }
    (one,) = settings("search", ["1"], only=["top-k 10", "top-k 1"])
    assert one in settings("memories", ["1"])
    assert one.addressing.k == 10


def babi(folder):
    """A copy of bAbI whose tasks 1 and 2 are easy."""
    lines, number = [], 0
    for who in ("Mary", "John", "Sandra", "Daniel"):
        for place in PLACES:
            lines.append(f"{number + 1} {who} went to the {place}.")
            lines.append(f"{number + 2} Where is {who}?\t{place}\t{number + 1}")
            number += 2
    text = "\n".join(lines) + "\n"
    names = [
        f"en-valid/qa{task}_{split}.txt"
        for task in (1, 2)
        for split in ("train", "valid", "test")
    ]
    write(folder, *names, text=text * 5)
    return folder


def test_driver_trains_goes_on_and_stretches(tmp_path):
    flags = [
        f"--output_dir={tmp_path / 'output'}",
        f"--manual_dir={babi(tmp_path / 'copy')}",
        "--tasks=1",
        "--parts=addressing,memories",
        "--only=softmax",
        "--memories=50,100",
        "--questions=10",
        "--seeds=2",
        "--steps=4",
    ]
    done = run("experiments.addressing", *flags)
    assert done.returncode == 0, done.stderr[-3000:]
    written = tmp_path / "output" / "results.json"
    rows = json.loads(written.read_text())["rows"]
    assert {(row["task"], row["metric"]) for row in rows} == {
        *(
            (task, metric)
            for task in ("bAbI 1", "bAbI 1, 50 memories")
            for metric in ("error %", "support %", "entropy", "ms a step")
        ),
        *(
            ("bAbI 1, 100 memories", metric)
            for metric in ("error %", "support %", "entropy")
        ),
    }
    assert all(row["n"] == 2 for row in rows)
    picture = tmp_path / "output" / "addressing.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    again = run("experiments.addressing", *flags)
    assert again.returncode == 0, again.stderr[-3000:]
    assert json.loads(written.read_text())["rows"] == rows


@pytest.mark.slow
@pytest.mark.scann
def test_every_part_of_the_comparison_runs(tmp_path):
    pytest.importorskip("scann", reason="needs the extra: memnet_tf[scann]")
    done = run(
        "experiments.addressing",
        f"--output_dir={tmp_path / 'output'}",
        f"--manual_dir={babi(tmp_path / 'copy')}",
        "--tasks=2,world",
        "--parts=addressing,hops,memories,search",
        "--only=softmax",
        "--memories=50,200",
        "--questions=3",
        "--seeds=1",
        "--steps=4",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "read by ScaNN 10" in done.stdout


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--tasks=4", "--tasks to be some of 1, 2, 3, 16, world"),
        ("--memories=50,75", "--memories to be multiples of 50"),
    ],
)
def test_what_is_not_known_is_said(tmp_path, flag, said):
    done = run("experiments.addressing", f"--output_dir={tmp_path}", flag)
    assert done.returncode != 0
    assert said in done.stderr + done.stdout
