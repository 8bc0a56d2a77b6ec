import pytest

from memnet_tf import presets
from tests.experiments.driver import run

TYPED = (
    "Zork went to the attic\nZork got the lamp\nWhere is the lamp?\n"
    "forget\nWhere is Zork?"
)


@pytest.fixture(scope="module")
def printed():
    done = run("experiments.ask", "--preset=memnn_simulated_world", input=TYPED)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_it_begins_with_a_story_it_was_made_for(printed):
    example = presets.card("memnn_simulated_world")["examples"][0]
    before = printed.partition("Your turn")[0]
    assert example["story"][0] in before
    assert example["answer"] in before


def test_it_shows_what_it_reads_and_answers(printed):
    lamp, zork = printed.partition("Your turn")[2].split("Where is Zork?")
    read = next(line for line in lamp.splitlines() if "got the lamp" in line)
    assert "1.00" in read
    assert any(line.split()[:1] == ["attic"] for line in lamp.splitlines())
    assert "went to the attic" not in zork  # forgotten


def test_a_network_of_ones_own(tmp_path):
    path = tmp_path / "network.keras"
    presets.load("memn2n_simulated_world").save(path)
    done = run("experiments.ask", f"--model={path}", input="Where is Ann?\n\n")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "MemN2N" in done.stdout


def test_either_a_preset_or_a_file():
    done = run("experiments.ask")
    assert done.returncode == 1
    assert "either --preset or --model" in done.stdout + done.stderr
