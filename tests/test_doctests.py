"""Runs the examples of every docstring."""

import doctest
import importlib
import pathlib
import pkgutil

import numpy as np
import pytest

import memnet_tf
from memnet_tf import layers, models, training

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(memnet_tf.__path__, "memnet_tf.")
)
ROOT = pathlib.Path(memnet_tf.__file__).parents[1]
# Not every module of experiments: drivers cannot be imported together.
EXPERIMENTS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in ROOT.glob("experiments/**/*.py")
    if ">>>" in path.read_text()
)
NAMES = {
    "np": np,
    "Memory": memnet_tf.Memory,
    "MemoryNetwork": memnet_tf.MemoryNetwork,
    "UsedMemory": memnet_tf.memory.UsedMemory,
    **{
        name: getattr(package, name)
        for package in (layers, models, training)
        for name in package.__all__
    },
}


@pytest.mark.parametrize("name", [*MODULES, *EXPERIMENTS])
def test_examples_show_what_happens(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, extraglobs=NAMES)
    assert not result.failed


def test_every_module_is_looked_at():
    root = pathlib.Path(memnet_tf.__file__).parent
    files = [path for path in root.rglob("*.py") if path.parent.name != "data"]
    assert len(MODULES) == len(files) - 1  # without memnet_tf itself
