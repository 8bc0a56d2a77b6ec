"""Results files and the tables made from them."""

import json
import shlex
import statistics
import sys

import pytest

from experiments import results, results_tables


def test_a_row_has_mean_and_sample_deviation():
    row = results.row("M", "v", "t", "accuracy", [1, 2, 6], published=4)
    assert row["mean"] == 3
    assert row["sd"] == pytest.approx(7**0.5)
    assert (row["n"], row["values"], row["published"]) == (3, [1, 2, 6], 4)
    assert results.row("M", "v", "t", "accuracy", [5])["sd"] == 0


def test_a_table_has_tasks_across_and_shows_what_was_published():
    rows = [
        results.row("M", "a", "one", "accuracy", [90, 92], published=99),
        results.row("M", "b", "two", "accuracy", [5]),
    ]
    assert results.table(rows).splitlines()[2:] == [
        "| M | a | accuracy | 91.0 ± 1.4 (99) |  |",
        "| M | b | accuracy |  | 5.00 |",
    ]


def test_results_keep_what_other_commands_found(tmp_path, monkeypatch):
    def add(argument, *rows, by=("model", "variant")):
        monkeypatch.setattr(sys, "argv", ["driver.py", argument])
        return results.add(tmp_path, list(rows), 1.5, by=by)

    def row(model, task, value):
        return results.row(model, "", task, "error", [value])

    add("--a", row("M", "1", 1), row("M", "2", 2), row("N", "1", 3))
    rows = add("--b", row("M", "1", 4))
    found = json.loads((tmp_path / "results.json").read_text())
    assert found["rows"] == rows
    assert found["seconds"] == 3
    assert found["machine"] == results.machine()
    kept, new = rows
    assert (kept["model"], kept["command"][-3:]) == ("N", "--a")
    assert (new["values"], new["command"][-3:]) == ([4], "--b")
    by_task = add("--c", row("M", "2", 5), by=("model", "task"))
    assert [made["task"] for made in by_task] == ["1", "1", "2"]


def test_results_of_two_machines_name_both(tmp_path, monkeypatch):
    for number, machine in enumerate(["one", "two", "one"]):
        monkeypatch.setattr(results, "machine", lambda name=machine: name)
        results.add(tmp_path, [results.row(f"{number}", "", "", "", [1])], 0)
    found = json.loads((tmp_path / "results.json").read_text())
    assert found["machine"] == "one; two"


def test_metrics_stand_side_by_side_where_asked_for():
    rows = [
        results.row("M", "a", "t", "recall@10", [0.985]),
        results.row("M", "a", "t", "queries", [14000], published=13000),
        results.row("N", "", "t", "queries", [0]),
    ]
    assert results.table(rows, across="metric").splitlines() == [
        "| model | variant | task | recall@10 | queries |",
        "| --- | --- | --- | ---: | ---: |",
        "| M | a | t | 0.985 | 14,000 (13,000) |",
        "| N |  | t |  | 0.0 |",
    ]


def test_a_table_leaves_out_what_lacks_a_metric_asked_for(
    tmp_path, monkeypatch
):
    rows = [
        results.row("M", "a", "t", "recall", [0.5]),
        results.row("M", "b", "t", "recall", [0.7]),
        results.row("M", "b", "t", "ms", [4]),
    ]
    results.write(tmp_path, rows, 60)
    monkeypatch.setattr(results_tables, "FOLDER", tmp_path)
    lines = results_tables.block("results", "recall, ms!").splitlines()
    assert lines[2:4] == ["| M | b | t | 0.700 | 4.00 |", ""]


def test_written_results_say_how_they_were_made(tmp_path):
    results.write(tmp_path, [results.row("M", "", "t", "x", [1])], 2.5)
    written = json.loads((tmp_path / "results.json").read_text())
    assert set(written) == {
        "command",
        "machine",
        "versions",
        "seconds",
        "rows",
    }
    assert written["seconds"] == 2.5
    assert "tensorflow" in written["versions"]
    assert (tmp_path / "results.md").exists()


@pytest.mark.parametrize("path", sorted(results_tables.FOLDER.glob("*.json")))
def test_committed_rows_are_what_their_values_say(path):
    for row in json.loads(path.read_text())["rows"]:
        assert row["mean"] == pytest.approx(statistics.fmean(row["values"]))
        assert row["n"] == len(row["values"])


def test_readme_tables_are_those_of_the_results_files():
    text = results_tables.README.read_text()
    assert "<!-- results: simulated_world -->" in text
    assert results_tables.with_tables(text) == text


def test_a_command_can_be_typed_and_says_nothing_of_folders(monkeypatch):
    flags = ["--babi_dir=b", "--output_dir=o", "--data_dir=d", "--manual_dir=m"]
    flags += ["--seeds=2", "--control=shuffled answers"]
    monkeypatch.setattr(sys, "argv", ["driver", *flags])
    typed = results.command()
    assert shlex.split(typed)[:2] == ["python", "-m"]
    assert shlex.split(typed)[3:] == ["--seeds=2", "--control=shuffled answers"]
