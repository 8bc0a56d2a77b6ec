import json
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import tensorflow as tf

from export import c_program, model_card, versions
from memnet_tf.models import MemN2N
from tests.full_disk import files_of_at_most

# Exports version after version, and says when each begins.
_EXPORTING = """
import sys
from export import model_card, source, versions, warm_up
from memnet_tf.models import MemN2N

network = MemN2N(["john", "garden"], sentence_length=3, units=4)

def complete(folder, exported):
    found = source.Source(network, None, None, None, [])
    card = model_card.model_card("killed", found, folder, exported)
    model_card.write(card, folder)

while True:
    print("begins", flush=True)
    versions.write_version(network, sys.argv[1], complete)
"""

# Exports to a path until it is killed, which is when all but one file of a
# SavedModel is written.
_KILLED = """
import os, pathlib, signal, sys
from export import versions

class Network:
    def export(self, folder):
        folder.mkdir()
        (folder / "saved_model.pb").write_text("half of a gr")
        os.kill(os.getpid(), signal.SIGKILL)

versions.write_version(Network(), sys.argv[1])
"""


@pytest.fixture(scope="module")
def small():
    return MemN2N(["john", "garden"], sentence_length=3, units=4)


def _command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "export.saved_model", *arguments],
        capture_output=True,
        env={**os.environ, "CC": "no-such-compiler"},  # C is another test's
        text=True,
    )


def test_the_command_writes_version_1_and_then_2(small, tmp_path):
    model, models = tmp_path / "model.keras", tmp_path / "memn2n"
    small.save(model)
    arguments = (f"--model={model}", f"--output_dir={models}")
    checked = _command(*arguments)
    assert checked.returncode == 0, checked.stderr
    replies = "100 replies by each of serving_default, encode, respond equal"
    assert f"a TF1 Session: {replies}" in checked.stdout
    assert f"a process of TensorFlow alone: {replies}" in checked.stdout
    assert "a C program: not run. Expected a C compiler" in checked.stdout
    assert "Warm-up: " in checked.stdout
    assert f"Wrote {models}/1" in checked.stdout
    assert "v1/models/memn2n:predict" in checked.stdout
    card = json.loads((models / "1" / model_card.PATH).read_text())
    assert card["name"] == "memn2n"
    first = _contents(models / "1")
    unchecked = _command(*arguments, "--nocheck")
    assert unchecked.returncode == 0, unchecked.stderr
    assert f"Wrote {models}/2" in unchecked.stdout
    assert "replies" not in unchecked.stdout
    assert sorted(os.listdir(models)) == ["1", "2"]
    assert _contents(models / "1") == first


def test_the_command_needs_one_network(tmp_path):
    for arguments in (
        [],
        ["--model=a.keras", "--preset=memn2n_simulated_world"],
    ):
        ran = _command(*arguments, f"--output_dir={tmp_path}")
        assert ran.returncode != 0
        assert "Exactly one of (model, preset)" in ran.stderr
    assert os.listdir(tmp_path) == []


def test_the_next_version_is_above_the_highest(small, tmp_path):
    (tmp_path / "9").mkdir()
    (tmp_path / "notes").mkdir()
    assert versions.write_version(small, tmp_path) == tmp_path / "10"
    tf.saved_model.load(str(tmp_path / "10"))
    assert sorted(os.listdir(tmp_path)) == ["10", "9", "notes"]


def test_versions_written_at_once_are_all_kept(tmp_path):
    meet = threading.Barrier(5)

    class Network:
        def __init__(self, name):
            self.name = name

        def export(self, folder):
            folder.mkdir()
            (folder / "name").write_text(self.name)
            meet.wait()

    writers = [
        threading.Thread(
            target=versions.write_version, args=(Network(name), tmp_path)
        )
        for name in "abcde"
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(os.listdir(tmp_path)) == ["1", "2", "3", "4", "5"]
    names = {(path / "name").read_text() for path in tmp_path.iterdir()}
    assert names == set("abcde")


def test_an_export_that_is_killed_leaves_no_version(small, tmp_path):
    killed = subprocess.run([sys.executable, "-c", _KILLED, tmp_path])
    assert killed.returncode == -9
    (left,) = os.listdir(tmp_path)
    assert left.startswith(".")  # which a server does not load
    assert versions.write_version(small, tmp_path) == tmp_path / "1"
    assert os.listdir(tmp_path) == ["1"]


@pytest.mark.parametrize("kills", [1, pytest.param(40, marks=pytest.mark.slow)])
def test_whenever_an_export_is_killed_there_is_no_half_version(
    small, tmp_path, kills
):
    whole = _names(versions.write_version(small, tmp_path / "whole"))
    whole.add("assets.extra/model_card.json")
    rng = np.random.default_rng()
    for _ in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", _EXPORTING, tmp_path / "killed"],
            stdout=subprocess.PIPE,
        )
        with process:
            for _ in range(rng.integers(1, 3)):
                process.stdout.readline()
            time.sleep(rng.uniform(0, 2))
            process.kill()
        for folder in (tmp_path / "killed").glob("[0-9]*"):
            assert _names(folder) == whole
            json.loads((folder / "assets.extra/model_card.json").read_text())
            c_program.signature(folder, "respond")
            tf.train.list_variables(str(folder / "variables" / "variables"))
    versions.write_version(small, tmp_path / "killed")
    left = [path.name for path in (tmp_path / "killed").iterdir()]
    assert all(name.isdecimal() for name in left)


def test_an_export_to_a_full_disk_leaves_no_version(small, tmp_path):
    with (
        pytest.raises((OSError, tf.errors.OpError)),
        files_of_at_most(10_000),
    ):
        versions.write_version(small, tmp_path)
    assert os.listdir(tmp_path) == []


def test_an_export_that_is_not_as_it_should_be_is_no_version(small, tmp_path):
    def check(folder, exported):
        assert (folder / "saved_model.pb").exists()
        raise ValueError("it answers otherwise")

    with pytest.raises(ValueError, match="it answers otherwise"):
        versions.write_version(small, tmp_path, check)
    assert os.listdir(tmp_path) == []


def _names(folder):
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _contents(folder):
    return {
        path: path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
