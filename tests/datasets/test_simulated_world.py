"""The simulated world: what it tells, and what it asks."""

import collections
import re

import numpy as np
import pytest

from memnet_tf import datasets
from memnet_tf.datasets.simulated_world import config_name, world
from memnet_tf.datasets.simulated_world.examples import KINDS, tell

MOVE = re.compile(r"(\w+) (?:went|travelled|journeyed|moved).* (\w+)$")
PICK = re.compile(r"(\w+) (?:got|took|grabbed|picked up) the (\w+)")
DROP = re.compile(r"(\w+) (?:dropped|left|discarded|put down) the (\w+)")


def follow(story):
    """Plays a story with a tracker of its own.

    Returns:
        For every actor and object, the rooms it is known to have been in.
    """
    rooms = collections.defaultdict(list)
    held = {}
    for sentence in story:
        if match := MOVE.match(sentence):
            actor, room = match.groups()
            rooms[actor].append(room)
            for thing, holder in held.items():
                if holder == actor:
                    rooms[thing].append(room)
        elif match := PICK.match(sentence):
            actor, thing = match.groups()
            held[thing] = actor
            rooms[thing] = rooms[actor][-1:]
        else:
            actor, thing = DROP.match(sentence).groups()
            held[thing] = None
            if not rooms[thing]:
                rooms[thing] = rooms[actor][-1:]
    return rooms


@pytest.mark.parametrize("difficulty", [1, 5])
def test_answers_are_what_a_tracker_of_the_story_finds(difficulty):
    examples = tell("actor and object", difficulty, 1400, 600, seed=5)
    checked = 0
    for example in examples:
        words = example.question.rstrip("?").split()
        entity = words[3] if words[2] == "the" else words[2]
        rooms = follow(example.story)[entity]
        back = 2 if "before" in words else 1
        if len(rooms) >= back:  # told within the story
            assert rooms[-back] == example.answer
            if back == 2:
                assert rooms[-1] == words[-1]
            checked += 1
    assert checked > 500


@pytest.mark.parametrize("question_set", KINDS)
def test_second_support_names_the_answer_and_first_the_entity(question_set):
    for example in tell(question_set, 5, 700, 300, seed=1):
        first, second = (example.story[place] for place in example.support)
        assert second.endswith(example.answer)
        words = example.question.rstrip("?").split()
        entity = words[3] if words[2] == "the" else words[2]
        assert entity in first.split()


@pytest.mark.parametrize("difficulty", [1, 5])
def test_first_support_is_at_most_difficulty_statements_back(difficulty):
    for example in tell("actor and object", difficulty, 700, 300, seed=2):
        assert example.support[0] >= len(example.story) - difficulty


def test_kinds_are_asked_evenly_and_stories_are_bounded():
    examples = tell("actor", 1, 700, 300, story_length=20, seed=3)
    kinds = collections.Counter(example.kind for example in examples)
    assert kinds == {"actor": 150, "actor before": 150}
    assert max(len(example.story) for example in examples) == 20


def test_the_same_seed_tells_the_same_and_another_does_not():
    one, same, other = (tell("actor", 1, 70, 30, seed=s) for s in (4, 4, 5))
    assert one == same
    assert one != other


def _said(example):
    """The answer of an example as a sentence, from what it needs alone."""
    words = example.question.rstrip("?").split()
    entity = words[3] if words[2] == "the" else words[2]
    first = example.story[example.support[0]]
    actor = first.split()[0]
    now = "now" in words
    if entity == actor and "before" in words:
        return f"{actor} was in the {example.answer} before the {words[-1]}"
    if entity == actor:
        return f"{actor} is {'now ' * now}in the {example.answer}"
    if "before" in words:
        places = f"from the {example.answer} to the {words[-1]}"
        return f"{actor} took the {entity} {places}"
    if PICK.match(first):
        return f"{actor} {'now ' * now}has the {entity} in the {example.answer}"
    if now:
        return f"the {entity} is now in the {example.answer}"
    return f"{actor} left the {entity} in the {example.answer}"


def test_sentences_answer_the_same_questions_about_the_same_stories():
    told = [
        tell("actor and object", 5, 1400, 600, seed=5, sentences=sentences)
        for sentences in (False, True)
    ]
    kinds = collections.Counter()
    for word, sentence in zip(*told, strict=True):
        assert sentence.story == word.story
        assert sentence.question == word.question
        assert sentence.support == word.support
        assert sentence.answer == _said(word)
        kinds[sentence.answer.split()[1]] += 1
    assert min(kinds[verb] for verb in ("is", "was", "took", "has")) > 20
    assert kinds["left"] > 5


def test_everyone_and_everything_is_told_of():
    rng = np.random.default_rng(0)
    story = world.World(rng)
    told = " ".join(story.step() for _ in range(500))
    for name in (*world.ACTORS, *world.OBJECTS, *world.ROOMS):
        assert name in told


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("actors", 1), "question_set"),
        (("actor", 0), "difficulty"),
        (("actor", 1, 10, 30), "statements"),
    ],
)
def test_bad_arguments_are_named(arguments, name):
    with pytest.raises(ValueError, match=rf"Expected .*`{name}`.*Received"):
        tell(*arguments)


def test_builder_has_the_papers_numbers_and_support_in_every_example(tmp_path):
    builder = datasets.SimulatedWorld(
        config=config_name("actor", 1), data_dir=str(tmp_path)
    )
    x, y = datasets.load(builder, "test[:50]")
    assert {
        split: builder.info.splits[split].num_examples
        for split in ("train", "validation", "test")
    } == {"train": 3000, "validation": 3000, "test": 3000}
    assert len(x["story"]) == len(x["question"]) == len(y) == 50
    assert all(len(support) == 2 for support in x["support"])
    direct = tell("actor", 1, seed=3)[:50]
    assert x["question"] == [example.question for example in direct]
    assert x["story"] == [list(example.story) for example in direct]


def test_builder_has_sentences_where_it_is_asked_for(tmp_path):
    builder = datasets.SimulatedWorld(
        config=config_name("actor", 1, sentences=True), data_dir=str(tmp_path)
    )
    _, y = datasets.load(builder, "test[:50]")
    direct = tell("actor", 1, seed=3, sentences=True)[:50]
    assert y == [example.answer for example in direct]
