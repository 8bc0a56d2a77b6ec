import pytest

from experiments.babi import data
from tests.experiments.babi_copy import write_copy


@pytest.fixture
def copy(tmp_path):
    """A copy of bAbI with two small tasks."""
    return write_copy(tmp_path / "copy")


@pytest.fixture
def tasks(copy, tmp_path):
    """Its tasks as text."""
    return {
        task: data.load(task, "1k", str(tmp_path / "data"), str(copy))
        for task in (1, 2)
    }
