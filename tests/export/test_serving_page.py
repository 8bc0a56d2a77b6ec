"""docs/serving.md shows what its commands print."""

import pathlib
import re
import shutil

import pytest

from tests.export import serving_page

_NUMBER = re.compile(r"(?<![\w.])(-?\d+\.?\d*(?:e[-+]?\d+)?)(?![\w.])")


def same(shown, printed):
    """Whether texts are the same but for spaces and rounding."""
    shown, printed = (
        _NUMBER.split(re.sub(r"\s", "", text)) for text in (shown, printed)
    )
    return shown[::2] == printed[::2] and all(
        float(number) == pytest.approx(float(other), abs=0.002)
        for number, other in zip(shown[1::2], printed[1::2], strict=True)
    )


def test_rounding_and_lines_are_no_difference():
    assert same('{"a": [0.57,\n 1.0]}', '{"a": [0.5698, 0.99996]}')
    assert not same('{"a": 0.57}', '{"a": 0.56}')
    assert not same('{"a": 0.57}', '{"b": 0.57}')
    assert not same("1", "1 2")


@pytest.mark.serving
def test_commands_print_what_is_shown(tmp_path):
    pytest.importorskip("tensorflow_serving")
    for program in ("bash", "curl"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    blocks = serving_page.blocks()
    printed = serving_page.run(tmp_path)
    assert len(printed) == len(blocks) >= 8
    for (_, commands, shown), text in zip(blocks, printed, strict=True):
        assert same(shown, text), f"{commands}\nprints\n{text}"


def test_links_of_the_page_lead_somewhere():
    text = serving_page.PAGE.read_text()
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors
    for path in re.findall(r"`(export/[\w/.]+\.\w+)`", text):
        assert (serving_page.ROOT / path).exists(), path
    deploy = serving_page.ROOT / "export" / "deploy"
    for path in deploy.iterdir():
        assert f"`{pathlib.Path(path).name}`" in text
