"""Trained networks that come with the library."""

import json
import os
import subprocess
import sys

import pytest

from memnet_tf import MemoryNetwork, presets
from memnet_tf.models import MemN2N, MemNN
from tests.datasets.test_babi import needs_data

FOLDER = presets._FOLDER
OF_BABI = [name for name in presets.names() if name.endswith("_babi")]
OF_WORLD = [name for name in presets.names() if name not in OF_BABI]
STORY = [
    "Fred journeyed to the office",
    "Fred took the milk",
    "Sandra travelled to the garden",
    "Fred discarded the milk",
    "Fred went back to the kitchen",
]

# In a new process, which knows no layer yet.
_ASK = """
import json, sys
from memnet_tf import MemoryNetwork
examples = json.load(sys.stdin)
answers = MemoryNetwork.from_preset(sys.argv[1]).answer(
    [example["story"] for example in examples],
    [example["question"] for example in examples],
)
print(json.dumps([answer.text for answer in answers]))
"""
# The errors of each task in percent, from the text of the official test files.
_TEST = """
import json, sys
from memnet_tf import MemoryNetwork, datasets
from memnet_tf.datasets.babi import config_name
name, tasks, data_dir, manual_dir = sys.argv[1:]
network = MemoryNetwork.from_preset(name)
errors = {}
for task in map(int, tasks.split()):
    builder = datasets.Babi(config=config_name("en", task), data_dir=data_dir)
    x, y = datasets.load(builder, "test", manual_dir)
    answers = network.answer(x["story"], x["question"])
    wrong = [a.text != b.lower() for a, b in zip(answers, y, strict=True)]
    errors[task] = round(100 * sum(wrong) / len(wrong), 3)
print(json.dumps(errors))
"""


def printed(program, *arguments, typed=None):
    """What a new process prints, from JSON."""
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        input=json.dumps(typed),
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_answers_its_examples_in_a_new_process(name):
    examples = presets.card(name)["examples"]
    answers = printed(_ASK, name, typed=examples)
    assert answers == [example["predicted"] for example in examples]


@pytest.mark.parametrize("name", OF_WORLD)
def test_a_preset_answers_a_story_of_the_simulated_world(name):
    network = MemoryNetwork.from_preset(name)
    assert network.answer(STORY, "Where is the milk?").text == "office"
    assert network.answer(STORY, "Where is Sandra?").text == "garden"
    card = presets.card(name)
    assert card["figures"]["test accuracy, percent"] > 99
    right = [e["predicted"] == e["answer"] for e in card["examples"]]
    assert sum(right) >= len(right) - 1


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_is_small_and_says_what_it_is(name):
    assert set(presets.card(name)) == {
        *("trained_on", "command", "figures", "licence", "examples")
    }
    assert (FOLDER / f"{name}.keras").stat().st_size < 1_000_000


@pytest.mark.slow
@needs_data
@pytest.mark.parametrize("name", OF_BABI)
def test_a_preset_has_its_test_errors_in_a_new_process(name, tmp_path):
    stated = presets.card(name)["figures"]["test error of each task, percent"]
    found = printed(
        _TEST,
        *(name, " ".join(stated), str(tmp_path)),
        os.environ["MEMNET_TF_DATA_DIR"],
    )
    assert found == stated


def test_a_class_loads_presets_of_its_own():
    assert type(MemNN.from_preset("memnn_simulated_world")) is MemNN
    with pytest.raises(ValueError, match="a preset of MemN2N. .* of MemNN"):
        MemN2N.from_preset("memnn_simulated_world")


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(ValueError) as caught:
        MemoryNetwork.from_preset("memn3n")
    assert all(name in str(caught.value) for name in presets.names())


def test_a_file_that_was_changed_is_refused(tmp_path, monkeypatch):
    for path in FOLDER.glob("*.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with open(tmp_path / "memnn_simulated_world.keras", "ab") as file:
        file.write(b"!")
    monkeypatch.setattr(presets, "_FOLDER", tmp_path)
    with pytest.raises(ValueError, match="Expected .* to have the SHA-256"):
        presets.load("memnn_simulated_world")
    presets.load("memn2n_simulated_world")
