"""Trained networks that come with the library."""

import subprocess
import sys

import pytest

from memnet_tf import MemoryNetwork, presets
from memnet_tf.models import MemN2N, MemNN

FOLDER = presets._FOLDER

# In a new process, which knows no layer yet.
_ASK = """
import sys
from memnet_tf import MemoryNetwork
network = MemoryNetwork.from_preset(sys.argv[1])
story = [
    "Fred journeyed to the office",
    "Fred took the milk",
    "Sandra travelled to the garden",
    "Fred discarded the milk",
    "Fred went back to the kitchen",
]
for question in ("Where is the milk?", "Where is Sandra?"):
    print(network.answer(story, question).text)
"""


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_answers_a_story_in_a_new_process(name):
    ran = subprocess.run(
        [sys.executable, "-c", _ASK, name], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["office", "garden"]


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_is_small_and_says_what_it_is(name):
    card = presets.card(name)
    assert set(card) == {"trained_on", "figures", "licence", "examples"}
    assert card["figures"]["test accuracy, percent"] > 99
    assert (FOLDER / f"{name}.keras").stat().st_size < 1_000_000


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_answers_its_examples(name):
    examples = presets.card(name)["examples"]
    answers = MemoryNetwork.from_preset(name).answer(
        [example["story"] for example in examples],
        [example["question"] for example in examples],
    )
    right = [
        answer.text == example["answer"]
        for answer, example in zip(answers, examples, strict=True)
    ]
    assert sum(right) >= len(right) - 1


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
