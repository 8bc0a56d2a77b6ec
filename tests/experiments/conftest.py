"""A small copy of bAbI, for the drivers that read it."""

import pytest

from experiments.babi import data
from tests.datasets.test_babi import write

STORIES = (
    "1 Ann went to the attic.\n2 Bob went to the shed.\n"
    "3 Where is Ann?\tattic\t1\n4 Ann went to the shed.\n"
    "5 Where is Ann?\tshed\t4\n",
    "1 Bob went to the attic.\n2 Ann got a cup, a hat.\n"
    "3 Where is Bob?\tattic\t1\n4 What has Ann?\tcup,hat\t2\n",
)


@pytest.fixture
def copy(tmp_path):
    """A copy of bAbI with two small tasks."""
    for task, text in enumerate(STORIES, 1):
        names = (
            f"en-valid/qa{task}_{s}.txt" for s in ("train", "valid", "test")
        )
        write(tmp_path / "copy", *names, text=text * 20)
    return tmp_path / "copy"


@pytest.fixture
def tasks(copy, tmp_path):
    return {
        task: data.load(task, "1k", str(tmp_path / "data"), str(copy))
        for task in (1, 2)
    }
