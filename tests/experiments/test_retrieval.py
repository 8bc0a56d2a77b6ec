import json
import subprocess
import sys

import numpy as np
import pytest

from experiments.retrieval import data
from experiments.retrieval.recall import nearest, recall_of

MODELS = ("ExactRetrieval", "tf exact", "numpy read")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The driver's folder and what it said."""
    folder = tmp_path_factory.mktemp("retrieval")
    command = [
        *(sys.executable, "-m", "experiments.retrieval"),
        *(f"--output_dir={folder}", "--sizes=2000", "--units=8"),
        *("--repeats=2", "--calls=3", "--seconds=0"),
        f"--only={','.join(MODELS)}",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    return folder, said.stdout


def test_every_model_is_measured_in_every_round(done):
    rows = json.loads((done[0] / "results.json").read_text())["rows"]
    measured = {(row["model"], row["metric"]): row for row in rows}
    for model in MODELS:
        assert measured[model, "p50 ms batch 1"]["n"] == 2
    for model in MODELS[:2]:
        assert measured[model, "recall@10"]["mean"] == 1
        assert measured[model, "queries per second batch 256"]["mean"] > 0
    assert (done[0] / "retrieval.png").stat().st_size > 0


def test_missing_files_are_said(done):
    assert "Skipping digits" in done[1]


def test_recall_is_the_share_of_the_best_that_was_found():
    best = np.array([[1, 2], [3, 4]])
    assert recall_of(np.array([[2, 9], [3, 4]]), best) == 0.75


def test_the_nearest_have_the_highest_products():
    keys = np.eye(40, dtype="float32") * np.arange(40)[:, None]
    queries = np.eye(40, dtype="float32")[:32]
    best = nearest(keys, queries, 1)
    assert best[1:].ravel().tolist() == list(range(1, 32))


def test_topics_are_the_same_for_a_seed():
    rows, queries = data.topics(300, 8, queries=5)
    again, _ = data.topics(300, 8, queries=5)
    assert rows.shape == (300, 8)
    assert queries.shape == (5, 8)
    np.testing.assert_array_equal(rows, again)
