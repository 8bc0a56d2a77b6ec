"""The statements that hashing is compared on, and the driver."""

import json

import numpy as np
import pytest

from experiments.large_memory import statements
from tests.experiments.driver import run


@pytest.fixture(scope="module")
def told():
    random = np.random.default_rng(0)
    world = statements.World.generate(7000, random)
    facts = world.statements(7000, random)
    return world, facts, world.tell(facts, random), random


def test_statements_are_told_in_the_words_of_their_fact(told):
    world, facts, words, _ = told
    assert words.shape == (7000, statements.STATEMENT_LENGTH)
    np.testing.assert_array_equal(words[:, :2], world.entities[facts[:, 0]])
    np.testing.assert_array_equal(words[:, 3:], world.entities[facts[:, 2]])
    relation = (words[:, 2] - 1) // statements.WORDS_OF_RELATION
    np.testing.assert_array_equal(relation, facts[:, 1])
    assert words.min() > 0
    assert words.max() < world.words - world.names  # aliases are of questions


def test_questions_name_one_entity_or_its_alias(told):
    world, facts, _, random = told
    asked, named = world.ask(facts[:2000], random)
    names = world.entities[facts[np.arange(2000), named]]
    alias = asked[:, :2] != names
    np.testing.assert_array_equal(asked[:, :2] - world.names * alias, names)
    assert abs(alias.mean() - statements.ALIASED) < 0.03
    assert set(named) == {0, 2}
    assert asked.max() < world.words


def test_an_answer_has_the_relation_and_the_entity_in_its_place():
    facts = np.array([[1, 5, 2], [2, 5, 1], [1, 6, 2], [1, 5, 9]])
    found = np.array([0, 1, 2, 3, -1])
    asked = np.repeat(facts[:1], 5, axis=0)
    right = statements.answers(facts, found, asked, np.zeros(5, int))
    assert right.tolist() == [True, False, False, True, False]
    right = statements.answers(facts, found, asked, np.full(5, 2))
    assert right.tolist() == [True, False, False, False, False]


@pytest.mark.scann
def test_driver_writes_rows_and_a_picture(tmp_path):
    pytest.importorskip("scann", reason="needs the extra: memnet_tf[scann]")
    done = run(
        "experiments.large_memory",
        f"--output_dir={tmp_path}",
        "--statements=5000",
        "--questions=100",
        "--timed=5",
        "--steps=60",
        "--clusters=300",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    value = {(row["model"], row["metric"]): row["mean"] for row in rows}
    assert value["exact", "F1"] > 80  # by chance it would be nearly 0
    assert value["exact", "candidates scored"] == 5000
    assert value["word hash", "F1"] < value["exact", "F1"]
    assert value["cluster hash", "F1"] > value["exact", "F1"] - 5
    assert value["ScaNN codes", "F1"] > value["exact", "F1"] - 5
    assert value["cluster hash", "candidates scored"] < 2500
    assert (tmp_path / "large_memory.png").read_bytes().startswith(b"\x89PNG")
