"""Drivers, as a person runs them, at the smallest size."""

import json
import signal
import subprocess
import sys
import time

import pytest

from tests.experiments.driver import run


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quickstart")
    done = run(
        "experiments.quickstart",
        f"--output_dir={folder}",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, done.stdout


def test_quickstart_learns_and_answers_words_never_seen(quickstart):
    folder, printed = quickstart
    rows = json.loads((folder / "results.json").read_text())["rows"]
    accuracy = {(row["model"], row["task"]): row["mean"] for row in rows}
    assert accuracy["MemNN", "d5 actor and object"] > 95
    assert accuracy["MemN2N", "d5 actor and object"] > 60
    assert accuracy["MemNN", "a story of words never seen"] == 100
    assert "Where is the ring?  fire-mountain" in printed


def test_quickstart_draws_what_was_read(quickstart):
    folder, _ = quickstart
    for picture in folder.glob("*.png"):
        assert picture.read_bytes().startswith(b"\x89PNG")
    assert len(list(folder.glob("*.png"))) == 3


WORLD = [
    "--seeds=1",
    "--epochs=3",
    "--only=MemNN k=1",
]


def test_a_killed_driver_goes_on_where_it_was(tmp_path):
    flags = [f"--output_dir={tmp_path}", "--epochs=400", *WORLD[::2]]
    command = [sys.executable, "-m", "experiments.simulated_world", *flags]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    states = tmp_path / "runs"
    deadline = time.monotonic() + 120
    while not saved(states) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (state,) = saved(states)
    trained = progress(state)["epoch"]
    assert trained >= 1
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        now = progress(state)
        if now["epoch"] > trained:
            break
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert now["epoch"] > trained
    # The history goes on too: nothing of the first try was done again.
    assert len(now["history"]["loss"]) == now["epoch"]


def saved(states):
    """Files of states that are whole; others are in hidden folders."""
    return [
        path
        for path in states.rglob("*.npz")
        if not any(part.startswith(".") for part in path.parts)
    ]


def progress(path):
    import numpy as np

    with np.load(path) as state:
        return json.loads(str(state["progress"]))


def test_a_driver_that_is_done_has_nothing_to_do(tmp_path):
    flags = [f"--output_dir={tmp_path}", *WORLD]
    first = run("experiments.simulated_world", *flags)
    assert first.returncode == 0, first.stderr[-3000:]
    results = json.loads((tmp_path / "results.json").read_text())
    assert {row["model"] for row in results["rows"]} == {"MemNN"}
    assert len(results["rows"]) == 5
    assert (tmp_path / "accuracy.png").exists()
    again = run("experiments.simulated_world", *flags)
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert again.returncode == 0
    assert rows == results["rows"]
