"""The dialog bAbI driver: its data, its rows, and a small run."""

import json

import numpy as np
import pytest

from experiments.babi.errors import predictor
from experiments.dialog_babi import data, errors, published
from experiments.dialog_babi.recipes import RECIPES
from tests.datasets.test_dialog_babi import TEXT, write
from tests.experiments.driver import run


@pytest.fixture
def copy(tmp_path):
    """A copy of tasks 1 and 6, with another place in the test of unseen."""
    unseen = TEXT.replace("rome", "paris")
    for task in (1, 6):
        write(tmp_path / "copy", task, TEXT * 4, unseen)
    return tmp_path / "copy"


@pytest.fixture
def task(copy, tmp_path):
    return data.load(1, str(tmp_path / "data"), str(copy))


def test_texts_stay_as_they_are_and_entities_are_words(task):
    x, y = task.splits["train"]
    assert y[:3] == ["hello", "api_call rome", "what about the_inn"]
    assert "the_inn R_phone the_inn_phone" in x["story"][2]
    assert task.candidates[3] == "what about the_inn"
    assert task.entities == {"location": ["paris", "rome"], "phone": ["phone"]}


def test_words_are_those_of_training_and_with_match_types_of_knowledge(task):
    sizes = data.sizes(task, match=False)
    assert {"api", "call", "rome", "the", "inn", "user", "bot"} <= set(
        sizes["vocabulary"]
    )
    assert "paris" not in sizes["vocabulary"]
    assert (sizes["sentence_length"], sizes["memory_size"]) == (7, 5)
    assert sizes["entities"] is None
    matching = data.sizes(task, match=True)
    assert matching["vocabulary"] == [*sizes["vocabulary"], "paris"]
    assert matching["entities"] == task.entities


def test_a_full_stop_tells_responses_apart():
    x = {"story": [["a_b c."]], "question": ["?"]}
    task = data.Task({"train": (x, ["d. e_f."])}, ["a b", "a b ."], {})
    sizes = data.sizes(task, match=False)
    assert sizes["sentence_length"] == 5
    network = RECIPES["memn2n"]().build(**sizes)
    plain, stopped = network.word_ids(task.candidates).numpy()
    assert plain.tolist() != stopped.tolist()


def test_one_wrong_response_is_a_wrong_dialog():
    y = {"answer": np.array([1, 2, 3, 4])}
    found = errors.measure(
        lambda x: np.array([1, 2, 0, 0]),
        {"test": ({}, y)},
        {"test": [0, 0, 1, 1]},
    )
    assert found == {"test": {"error": 50, "dialog error": 50}}


def test_seeds_are_chosen_by_responses_of_validation():
    def seed(validation, test, unseen):
        return {
            split: {"error": value, "dialog error": 2 * value}
            for split, value in (
                ("validation", validation),
                ("test", test),
                ("test_oov", unseen),
            )
        }

    found = {task: [seed(1, 10, 30), seed(0, 20, 40)] for task in range(1, 6)}
    last = [{s: v for s, v in seed(0, 5, 0).items() if s != "test_oov"}]
    found[6] = last * 2
    rows = {
        (row["task"], row["metric"]): row
        for row in errors.rows("MemN2N", "without", False, found)
    }
    assert len(rows) == 2 * (6 + 1 + 5 + 1)
    assert rows["mean", "error"]["values"] == [10, 20]
    assert rows["mean", "error"]["best"] == 20
    assert rows["mean", "error"]["published"] == 13.9
    assert rows["3 OOV", "error of dialogs"]["values"] == [60, 80]
    assert "published" not in rows["3 OOV", "error of dialogs"]
    assert rows["6", "error"]["published"] == 58.9


@pytest.mark.parametrize("match", [False, True])
@pytest.mark.parametrize("unseen", ["", " OOV"])
def test_published_tasks_have_the_published_mean(match, unseen):
    errors_of_tasks = [
        published.error("MemN2N", match, f"{task}{unseen}")
        for task in range(1, 6)
    ]
    mean = published.error("MemN2N", match, f"mean{unseen}")
    assert np.mean(errors_of_tasks) == pytest.approx(mean, abs=0.06)


@pytest.mark.parametrize("model", RECIPES)
def test_every_recipe_makes_a_network_that_chooses_candidates(model, task):
    network = RECIPES[model]().build(**data.sizes(task, match=True))
    x, y = data.encode(network, task)["test_oov"]
    assert y["answer"].tolist() == [0, 2, 3, 0]
    assert set(predictor(network)(x)) <= set(range(4))


@pytest.mark.parametrize("model", RECIPES)
def test_driver_trains_goes_on_and_writes_a_table(copy, tmp_path, model):
    output = tmp_path / "output"
    flags = [
        f"--output_dir={output}",
        f"--manual_dir={copy}",
        "--tasks=1,6",
        f"--models={model}",
        "--match=with",
        "--epochs=1",
    ]
    done = run("experiments.dialog_babi", *flags, "--seeds=1")
    assert done.returncode == 0, done.stderr[-3000:]
    first = json.loads((output / "results.json").read_text())["rows"]
    assert {row["task"] for row in first} == {"1", "1 OOV", "6"}
    assert {row["metric"] for row in first} == set(errors.METRICS.values())
    name = RECIPES[model]().model
    assert f"{name} | with match types" in done.stdout
    kept = {
        path: path.stat().st_mtime_ns
        for path in (output / "runs").rglob("seed_*.json")
    }
    assert len(kept) == 2
    again = run("experiments.dialog_babi", *flags, "--seeds=1")
    assert again.returncode == 0, again.stderr[-3000:]
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())


def test_what_is_missing_is_said(tmp_path):
    flags = [f"--output_dir={tmp_path}", f"--manual_dir={tmp_path}"]
    done = run("experiments.dialog_babi", *flags)
    assert done.returncode != 0
    assert "dialog-bAbI-tasks" in done.stderr
