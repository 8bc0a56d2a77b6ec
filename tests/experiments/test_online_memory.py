import json

from tests.experiments.driver import run


def test_driver_writes_rows_and_a_picture(tmp_path):
    done = run(
        "experiments.online_memory",
        f"--output_dir={tmp_path}",
        "--slots=2000",
        "--dimension=8",
        "--rounds=1",
        "--seconds=0.3",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    measured = {(row["variant"], row["metric"]): row["mean"] for row in rows}
    for rule in (
        "Refuse",
        "Oldest",
        "LeastRecentlyRead",
        "LeastOftenRead",
        "LeastUseful",
    ):
        assert measured[rule, "writes not found"] == 0
        assert measured[rule, "recall@10"] == 1  # few are compared one by one
        assert measured[rule, "writes per second"] > 0
        assert measured[rule, "search p99 ms"] > 0
    assert {row["task"] for row in rows} == {"2k x 8"}
    assert (tmp_path / "latencies.png").read_bytes().startswith(b"\x89PNG")
