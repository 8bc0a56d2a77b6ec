"""The driver of long stories, on short ones."""

import json

import numpy as np

from experiments.long_stories import data
from tests.experiments.driver import run


def test_every_question_has_one_answer_in_its_story():
    x, y = data.generate(20, 30, np.random.default_rng(0))
    story, question = x["story"], x["question"]
    assert story.shape == (20, 30, 7)
    asked = (story[:, :, 1:3] == question[:, None, 3:5]).all(-1)
    np.testing.assert_array_equal(asked.sum(1), 1)
    np.testing.assert_array_equal(story[asked][:, -1], y["answer"])
    words = data.VOCABULARY
    assert words[y["answer"].min() - 2].startswith("room")
    assert words[story[0, 0, 1] - 2].startswith("adjective")


def test_driver_writes_rows_and_a_picture(tmp_path):
    results = _results(tmp_path)
    rows = results["rows"]
    assert {row["task"] for row in rows} == {"40 sentences", "80 sentences"}
    assert {row["metric"] for row in rows} == {"accuracy", "ms a step"}
    assert len(rows) == 2 * 2 * 3
    assert (tmp_path / "speed.png").read_bytes().startswith(b"\x89PNG")
    again = _results(tmp_path)
    assert again["seconds"] == results["seconds"] > 1, "not that of this call"


def _results(output_dir):
    done = run(
        "experiments.long_stories",
        f"--output_dir={output_dir}",
        "--seeds=1",
        "--sentences=40,80",
        "--questions=64",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((output_dir / "results.json").read_text())
