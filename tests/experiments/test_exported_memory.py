import json

import pytest

from tests.experiments.driver import run


@pytest.mark.scann
def test_every_flavour_is_measured(tmp_path):
    pytest.importorskip("scann")
    done = run(
        "experiments.exported_memory",
        f"--output_dir={tmp_path}",
        "--size=2000",
        "--units=8",
        "--calls=5",
        "--repeats=2",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    figures = {(row["model"], row["metric"]): row for row in rows}
    for flavour in ("exact", "inverted file", "scann"):
        assert figures[flavour, "MB"]["mean"] > 2000 * 8 * 4 / 1e6
        assert figures[flavour, "load seconds"]["mean"] > 0
        assert figures[flavour, "p50 ms"]["n"] == 2
        assert (
            figures[flavour, "p50 ms"]["mean"]
            <= figures[flavour, "p99 ms"]["mean"]
        )
        base = figures["few statements", "p50 ms"]["values"]
        assert figures[flavour, "search ms"]["values"] == pytest.approx(
            [
                p50 - few
                for p50, few in zip(
                    figures[flavour, "p50 ms"]["values"], base, strict=True
                )
            ],
            abs=1e-9,
        )
    assert figures["exact", "recall@10"]["mean"] == 1
    assert figures["scann alone", "p50 ms"]["mean"] > 0
    assert (tmp_path / "exported_memory.png").exists()
