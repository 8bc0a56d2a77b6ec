"""The benchmark measures what it says, at the smallest size."""

import json
import threading
import time

import pytest

from experiments import results_tables
from export import versions
from export.benchmark import babi, local, timing
from tests.experiments.babi_copy import write_copy
from tests.experiments.driver import run

VARIANTS = {
    *("c", "session", "grpc", "grpc, no batches", "rest", "keras predict")
}


def test_percentiles_are_latencies_that_were_measured():
    latencies = [number / 1000 for number in range(100, 0, -1)]
    assert timing.percentile(latencies, 50) == 50
    assert timing.percentile(latencies, 99) == 99
    assert timing.percentile([0.25], 99) == 250


def test_clients_call_at_once_each_in_its_own_thread():
    met = threading.Barrier(3, timeout=10)
    threads = set()

    def make():
        met.wait()  # all three, or this fails
        threads.add(threading.get_ident())
        return lambda: time.sleep(0.001)

    measured = timing.measure([make] * 3, seconds=0.05)
    assert len(threads) == 3
    assert min(measured.latencies) >= 0.001
    assert 0 < measured.calls_per_second <= 3000


def test_what_is_measured_at_once_is_put_together():
    parts = [timing.Measured([0.1, 0.2], 10.0), timing.Measured([0.3], 5.0)]
    assert timing.together(parts) == ([0.1, 0.2, 0.3], 15.0)


@pytest.mark.serving
def test_questions_of_babi_are_asked_of_every_network(tmp_path):
    pytest.importorskip("tensorflow_serving")
    copy = write_copy(tmp_path / "copy")
    texts = babi.load(str(tmp_path / "data"), str(copy), tasks=(1, 2))
    one, many = babi.requests(texts, 1), babi.requests(texts, 50)
    assert (len(one), len(many)) == (2 * babi.QUESTIONS, 2)
    assert many[0]["story"].shape == (50, 3)
    together = [*many[0]["question"], *many[1]["question"]]
    assert together == [each["question"][0] for each in one[:100]]
    tasks = [question == b"Where is Ann?" for question in together]
    assert 30 < sum(tasks) < 70  # a batch has questions of every task
    for network in babi.networks(texts).values():
        saved_model = versions.write_version(network, tmp_path / network.name)
        measured = babi.measure(local.InSession(saved_model), many)
        assert len(measured.latencies) == 2
        assert measured.calls_per_second > 0


@pytest.mark.serving
def test_a_server_is_started_and_measured(tmp_path):
    pytest.importorskip("tensorflow_serving")
    done = run(
        "export.benchmark",
        f"--output_dir={tmp_path}",
        "--only=rest",
        "--repeats=1",
        "--seconds=0.02",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert {row["task"] for row in rows} >= {"batch 256", "32 clients"}
    assert all(row["mean"] > 0 for row in rows)


@pytest.mark.slow
@pytest.mark.serving
def test_every_way_is_measured(tmp_path, monkeypatch):
    pytest.importorskip("tensorflow_serving")
    done = run(
        "export.benchmark",
        f"--output_dir={tmp_path}",
        "--repeats=1",
        "--seconds=0.02",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    measured = {
        (row["variant"], row["task"], row["metric"]): row["mean"]
        for row in rows
    }
    assert all(mean > 0 for mean in measured.values())
    skipped = {"c"} if "Skipping c" in done.stdout else set()
    for metric in ("p50 ms", "p99 ms", "questions per second"):
        for variant in VARIANTS - skipped:
            assert (variant, "batch 1", metric) in measured
        for variant in ("session", "grpc", "grpc, no batches", "rest"):
            assert (variant, "32 clients", metric) in measured
    for way in ("session", "grpc"):
        for asked in ("whole requests", "encode once"):
            metric = "ms for 100 questions"
            assert (f"{way}, {asked}", "200 sentences", metric) in measured
    assert (tmp_path / "serving.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "models" / "memn2n" / "1" / "saved_model.pb").exists()
    monkeypatch.setattr(results_tables, "FOLDER", tmp_path)
    assert "| keras predict |" in results_tables.block("results", "p50 ms")


def test_a_variant_that_is_not_there_is_refused(tmp_path):
    done = run("export.benchmark", f"--output_dir={tmp_path}", "--only=http")
    assert done.returncode == 1
    assert "Expected variants among" in done.stdout + done.stderr
