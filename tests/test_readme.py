"""Every Python block of the README runs."""

import pathlib
import re

README = pathlib.Path(__file__).parents[1] / "README.md"


def test_python_blocks_run_in_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) == 6
    names = {}
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)
        if "layers.Append" in block:
            assert names["output"].shape == (32, 20)
            assert names["addresses"].shape == (32, 2, 50)
    assert names["answer"].text in ("garden", "office")
    assert names["output"].shape == (4, 32)
    assert names["addresses"].shape == names["slots"].shape == (4, 1, 10)
    assert len(names["store"]) == 2
    assert (tmp_path / "output" / "memn2n" / "1" / "saved_model.pb").exists()
