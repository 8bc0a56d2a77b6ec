"""The driver of the knowledge base: its questions, memories and a small run."""

import json
import random

import keras
import numpy as np
import pytest

from experiments.knowledge_base import (
    data,
    marks,
    measure,
    questions,
    rows,
    settings,
    shared,
    wordings,
)
from experiments.knowledge_base.knowledge import Knowledge
from memnet_tf import layers
from memnet_tf.datasets import metaqa
from memnet_tf.datasets.metaqa import source
from tests.datasets.test_metaqa import TRIPLES, write
from tests.experiments.driver import run


@pytest.fixture(scope="module")
def knowledge():
    return Knowledge(source.parse_triples(TRIPLES))


def names(knowledge, places):
    return {knowledge.entities[place] for place in places}


def test_entities_are_different_words_that_are_kept_whole():
    triples = [("Up!", "has_tags", "up"), ("$", "has_tags", "9 ½")]
    knowledge = Knowledge(triples)
    assert knowledge.words == ["entity", "9-½", "up", "up-2"]
    word_ids = layers.WordIds(knowledge.words, 1)
    ids = word_ids(knowledge.words).numpy()[:, 0]
    assert ids.tolist() == [2, 3, 4, 5]


def test_paths_are_followed_but_not_back_through_the_topic(knowledge):
    alien = knowledge.place["Alien"]

    def follow(*path):
        return names(knowledge, knowledge.follow(alien, knowledge.steps(path)))

    assert follow("movie", "year") == {"1979"}
    assert follow("movie", "director", "movie") == {"Blade Runner"}
    assert follow("movie", "director", "movie", "year") == {"1982"}
    assert follow("movie", "writer") == set()


def told(knowledge, near):
    return {
        (
            knowledge.entities[knowledge.subjects[place]],
            knowledge.entities[knowledge.objects[place]],
            int(step),
        )
        for place, step in zip(near.places, near.steps, strict=True)
    }


def test_the_triples_near_an_entity_know_their_step(knowledge):
    jonze = knowledge.place["Spike Jonze"]
    found = told(knowledge, knowledge.near(jonze, 2, 9, frequent=9))
    assert found == {("Spike Jonze", "Her", 1), ("Her", "2013", 2)}
    alien = knowledge.place["Alien"]
    near = knowledge.near(alien, 3, 20, frequent=9)
    found = told(knowledge, near)
    assert ("Alien", "1979", 1) in found
    assert ("Ridley Scott", "Blade Runner", 2) in found
    assert ("Blade Runner", "1982", 3) in found
    assert ("Ridley Scott", "Alien", 2) not in found
    assert len(near.places) == len(set(near.places.tolist()))


def test_frequent_entities_are_not_looked_at_and_memories_are_bounded(
    knowledge,
):
    alien = knowledge.place["Alien"]
    assert len(knowledge.near(alien, 3, 20, frequent=2).places) == 3
    assert len(knowledge.near(alien, 3, 5, frequent=9).places) == 5
    first = knowledge.near(alien, 1, 2, frequent=9)
    assert first.steps.tolist() == [1, 1]
    again = knowledge.near(alien, 1, 2, frequent=9)
    np.testing.assert_array_equal(first.places, again.places)
    assert len(knowledge.near(-1, 3, 5, frequent=9).places) == 0


@pytest.mark.parametrize("hops", [1, 2, 3])
def test_every_path_has_wordings_of_one_entity(hops):
    draw = random.Random(0)
    for path in questions.PATHS[hops]:
        found = {wordings.write(path, draw) for _ in range(50)}
        assert len(found) > 5
        for wording in found:
            assert wording.count("{x}") == 1
            assert wording.replace("{x}", "").isascii()
            assert not set("{}[]") & set(wording.replace("{x}", ""))


def test_generated_questions_have_the_answers_of_the_knowledge_base(knowledge):
    ridley = knowledge.place["Ridley Scott"]
    made = questions.generate(knowledge, 1, 200)
    asked = [q for q in made if q.path == ("director", "movie")]
    of_ridley = [q for q in asked if q.topic == ridley]
    assert of_ridley
    for question in of_ridley:
        assert "ridley-scott" in question.text.split()
        assert names(knowledge, question.answers) == {"Alien", "Blade Runner"}
    held_out = [(ridley, ("director", "movie"))]
    others = questions.generate(knowledge, 1, 200, held_out)
    assert not any((q.topic, q.path) in held_out for q in others)
    again = questions.generate(knowledge, 1, 200)
    assert [q.text for q in again] == [q.text for q in made]
    with pytest.raises(ValueError, match=r"Expected a knowledge base.*3 hops"):
        questions.generate(Knowledge([("a", "in_language", "b")]), 3, 1)


def test_a_question_of_metaqa_names_its_entity_in_one_word(knowledge):
    given = metaqa.Question(
        "who directed [Blade Runner]",
        "[Blade Runner] is by whom",
        "Blade Runner",
        ("Ridley Scott", "nobody"),
        "movie_to_director",
    )
    asked = questions.read(knowledge, given)
    assert asked.text == "who directed blade-runner"
    assert names(knowledge, asked.answers) == {"Ridley Scott"}
    assert asked.path == ("movie", "director")
    other = questions.read(knowledge, given, paraphrased=True)
    assert other.text == "blade-runner is by whom"
    unknown = questions.read(knowledge, given._replace(entity="Solaris"))
    assert (unknown.topic, unknown.text) == (-1, "who directed someone")


def made(knowledge, hops, count=60, marked="steps"):
    """Questions, their memories and a network."""
    asked = questions.generate(knowledge, hops, count)
    memories = data.Memories(knowledge, hops, 12, 9, marked)
    memories.find(asked)
    words = memories.marks.words if marked else ()
    sizes = data.sizes(knowledge, asked, 12, words)
    if not marked:
        sizes["entities"] = shared.entities(knowledge, asked)
    codes = None if marked else 12  # features of entities
    setting = settings.Setting(12, 9, count, 16, 4, 16, codes)
    network = settings.key_value(hops, setting).build(**sizes)
    return asked, memories, network


def test_ways_have_every_relation_that_led_to_a_triple():
    triples = [
        ("Annie Hall", "directed_by", "Woody Allen"),
        ("Annie Hall", "written_by", "Woody Allen"),
        ("Annie Hall", "release_year", "1977"),
        ("Sleeper", "written_by", "Woody Allen"),
        ("Sleeper", "release_year", "1973"),
    ]
    knowledge = Knowledge(triples)
    hall = knowledge.place["Annie Hall"]
    near = knowledge.near(hall, 3, 20, frequent=9)
    bit = {name: 1 << n for n, name in enumerate(knowledge.relations)}
    by_either = bit["directed-by"] | bit["written-by"]
    ways = {
        (
            knowledge.entities[knowledge.subjects[place]],
            knowledge.entities[knowledge.objects[place]],
        ): way
        for place, way in zip(near.places, near.ways.tolist(), strict=True)
    }
    written = [by_either, bit["written-by-of"], 0]
    assert ways == {
        ("Annie Hall", "Woody Allen"): [0, 0, 0],
        ("Annie Hall", "1977"): [0, 0, 0],
        ("Woody Allen", "Sleeper"): [by_either, 0, 0],
        ("Sleeper", "Woody Allen"): written,
        ("Sleeper", "1973"): written,
    }
    paths = marks.Marks("paths", knowledge.relations)
    assert [paths.words[n] for n in paths.of(near)][-1] == (
        "step-3-directed-by-or-written-by-then-written-by-of"
    )
    steps = marks.Marks("steps", knowledge.relations)
    said = [steps.words[n] for n in steps.of(near)]
    assert said == [f"step-{step}" for step in near.steps]
    with pytest.raises(ValueError, match="Expected `marked`"):
        marks.Marks("hops", knowledge.relations)


def test_a_mark_that_training_did_not_meet_is_an_unknown_word(knowledge):
    asked, memories, network = made(knowledge, 2, marked="paths")
    met = len(memories.marks.words)
    every = network.word_ids.all_words()
    assert set(memories.marks.words) <= set(every)
    memories.marks.words.append("step-9")
    places, found = memories.find(asked)
    unknown = memories.ids(network.word_ids, places, np.full_like(found, met))
    assert set(unknown[places >= 0][:, 0]) == {network.word_ids.unknown_words}


def test_memories_are_the_words_of_triples_with_their_step(knowledge):
    asked, memories, network = made(knowledge, 2)
    x, y = memories.encode(network.word_ids, asked)
    assert x["story"].shape == (60, 12, 4)
    every = network.word_ids.all_words()
    for question, story, right in zip(
        asked, x["story"], y["answer"], strict=True
    ):
        said = [[every[word] for word in words] for words in story if words[0]]
        assert all(words[0] in ("step-1", "step-2") for words in said)
        answers = {knowledge.words[place] for place in question.answers}
        found = [words[3] in answers for words in said]
        assert right[: len(found)].tolist() == found
        assert not right[len(found) :].any()


def test_room_that_is_left_has_others_where_there_are_no_marks(knowledge):
    asked, memories, network = made(knowledge, 1, marked=None)
    x, _ = memories.encode(network.word_ids, asked)
    assert x["story"].shape == (60, 12, 3)
    assert x["story"].all()


def test_shuffled_labels_are_as_many_and_of_filled_memories(knowledge):
    asked, memories, network = made(knowledge, 2)
    x, y = memories.encode(network.word_ids, asked)
    drawn = data.shuffled(x, y)["answer"]
    np.testing.assert_array_equal(drawn.sum(axis=1), y["answer"].sum(axis=1))
    assert not drawn[~x["story"].any(axis=-1)].any()
    assert (drawn != y["answer"]).any()


def test_hits_are_of_any_answer(knowledge):
    asked, memories, network = made(knowledge, 1)
    places, _ = memories.find(asked)
    right = memories.right(asked, places)
    hits, known = measure.hits(
        lambda x: right.argmax(axis=1), memories, network.word_ids, asked
    )
    assert hits.all() and known.all()
    worst = measure.hits(
        lambda x: right.argmin(axis=1), memories, network.word_ids, asked
    )[0]
    assert not worst.any()
    expected = np.mean(right.sum(axis=1) / (places >= 0).sum(axis=1))
    drawn = [
        measure.of_random_memories(memories, asked, seed).mean()
        for seed in range(40)
    ]
    assert np.mean(drawn) == pytest.approx(expected, abs=0.05)
    frequent = measure.of_most_frequent(asked, asked)
    assert 0 < frequent.mean() < 1


def test_questions_of_a_small_knowledge_base_are_learnt(knowledge):
    keras.utils.set_random_seed(0)
    asked, memories, network = made(knowledge, 2, count=160)
    network.compile(
        keras.optimizers.Adam(0.01),
        loss=network.loss,
        metrics={"answer": network.metrics[-1]},
        steps_per_execution=10,
    )
    x, y = memories.encode(network.word_ids, asked)
    network.fit(x, y, batch_size=16, epochs=15, verbose=0)
    hits, _ = measure.hits(
        measure.predictor(network), memories, network.word_ids, asked
    )
    assert hits.mean() > 0.9


def test_of_all_triples_the_one_whose_key_is_nearest_answers(knowledge):
    keras.utils.set_random_seed(0)
    asked, _, network = made(knowledge, 1, marked=None)
    count = len(knowledge.objects)
    reads_all = shared.over_all(
        network, knowledge, count, layers.ExactRetrieval()
    )
    hits = shared.hits(reads_all, knowledge, asked)
    table = np.array(network.input_map.every_table())
    first = 2  # the id of the first entity
    keys = table[first + knowledge.subjects]
    keys += table[first + len(knowledge.words) + knowledge.relation_of]
    for question, hit in zip(asked, hits, strict=True):
        ids = network.word_ids([question.text])
        state = network.input_map.encode_question(ids).numpy()[0]
        back = knowledge.objects == question.topic
        best = np.argmax(np.where(back, -np.inf, keys @ state))
        assert hit == (knowledge.objects[best] in question.answers)


def test_entities_are_those_that_questions_do_not_say(knowledge):
    asked, _, _ = made(knowledge, 1, marked=None)
    topic = knowledge.words[asked[0].topic]
    word = next(w for w in knowledge.words if w != topic)
    asked.append(asked[0]._replace(text=f"{asked[0].text} {word}"))
    found = shared.entities(knowledge, asked)
    assert set(found) == set(knowledge.words) - {word}
    assert topic in found


def test_hops_over_all_triples_begin_with_what_was_asked_of_no_entity(
    knowledge,
):
    _, _, network = made(knowledge, 2, marked=None)
    update = network.output_map.update
    state = np.arange(16.0, dtype="float32")[None]
    read = np.ones((1, 16), "float32")
    following = update(state, read, hop=0).numpy()[0]
    assert following.tolist() == [1] * 12 + [13, 14, 15, 16]


def test_rows_say_what_was_trained_on_and_choose_by_validation():
    def seed(validation, test):
        return {
            "validation": {"hits": validation, "answerable": validation},
            "test": {"hits": test, "answerable": test + 1},
            "seconds": 3.0,
        }

    every = list(rows.of_network("key hashing", 2, [seed(9, 5), seed(8, 7)]))
    assert [row["metric"] for row in every] == [rows.HITS, rows.ANSWERABLE]
    assert all("templates" in row["metric"] for row in every)
    assert every[0]["values"] == [5, 7]
    assert every[0]["best"] == 5
    assert every[0]["task"] == "2 hops"


def test_driver_trains_goes_on_and_writes_a_table(tmp_path):
    copy = write(tmp_path / "copy")
    output = tmp_path / "output"
    flags = [
        f"--output_dir={output}",
        f"--manual_dir={copy}",
        "--hops=1",
        "--questions=64",
        "--epochs=1",
        "--seeds=1",
    ]
    done = run("experiments.knowledge_base", *flags)
    assert done.returncode == 0, done.stderr[-3000:]
    written = json.loads((output / "results.json").read_text())["rows"]
    assert {row["task"] for row in written} == {"1 hop"}
    assert {row["variant"] for row in written} == {
        "key hashing",
        "key hashing, shuffled labels",
        "",
    }
    assert (output / "hits.png").exists()
    assert "random triple" in done.stdout
    kept = {
        path: path.stat().st_mtime_ns
        for path in (output / "runs").rglob("seed_*.json")
    }
    assert len(kept) == 2
    again = run("experiments.knowledge_base", *flags)
    assert again.returncode == 0, again.stderr[-3000:]
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())


@pytest.mark.scann
def test_driver_finds_triples_among_all_by_scann(tmp_path):
    pytest.importorskip("scann")
    flags = [
        f"--output_dir={tmp_path / 'output'}",
        f"--manual_dir={write(tmp_path / 'copy')}",
        *("--hops=1", "--questions=64", "--epochs=1", "--seeds=1"),
        *("--retrieval=scann", "--nocontrol"),
    ]
    done = run("experiments.knowledge_base", *flags)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "ScaNN over all triples" in done.stdout


def test_what_is_missing_is_said(tmp_path):
    flags = [f"--output_dir={tmp_path}", f"--manual_dir={tmp_path}"]
    done = run("experiments.knowledge_base", *flags)
    assert done.returncode != 0
    assert "MetaQA" in done.stderr
