"""What imports what: the rooms of the house, and what comes from outside."""

import ast
import fnmatch
import pathlib
import subprocess
import sys

import pytest

import memnet_tf

ROOT = pathlib.Path(memnet_tf.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
# From left to right; a room never imports one to its right.
ROOMS = (
    "memnet_tf.layers.input_map",
    "memnet_tf.layers.generalization",
    "memnet_tf.layers.retrieval",
    "memnet_tf.layers.output_map",
    "memnet_tf.layers.response",
    "memnet_tf.models",
)
TENSORFLOW = (
    "datasets/*",
    "feeding.py",
    "layers/input_map/word_ids.py",
    "layers/retrieval/scann*.py",
    "models/memn2n_language_model/texts.py",
    "models/shared_memory_network/texts.py",
    "signatures.py",
    "text.py",
    "training/mixture_trainer.py",
)


def _imported(path):
    """Full names of modules that a file imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {path}"
            # `from package import room` imports a room, too.
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _is_of(module, package):
    return module == package or module.startswith(package + ".")


def _files_of(room):
    return ROOT.joinpath(*room.split(".")[1:]).rglob("*.py")


@pytest.mark.parametrize("place", range(len(ROOMS)), ids=ROOMS)
def test_no_room_imports_one_to_its_right(place):
    for path in _files_of(ROOMS[place]):
        for module in _imported(path):
            for room in ROOMS[place + 1 :]:
                assert not _is_of(module, room), path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_library_imports_no_driver_and_no_export(path):
    for module in _imported(path):
        assert not _is_of(module, "experiments")
        assert not _is_of(module, "export")


def test_models_know_no_data_set():
    for path in _files_of("memnet_tf.models"):
        for module in _imported(path):
            assert not _is_of(module, "memnet_tf.datasets"), path


def test_layers_are_written_in_keras_ops():
    for path in FILES:
        name = path.relative_to(ROOT).as_posix()
        if not any(fnmatch.fnmatch(name, allowed) for allowed in TENSORFLOW):
            for module in _imported(path):
                assert not _is_of(module, "tensorflow"), name


def _loaded_by(statement):
    """Top-level modules that are loaded in a new process."""
    names = "sorted({name.split('.')[0] for name in sys.modules})"
    result = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; print(*{names})"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(result.stdout.split())


HEAVY = {"keras", "matplotlib", "rich", "tensorflow", "torch"}
OPTIONAL = {"scann", "tensorflow_datasets"}


def test_importing_the_library_loads_nothing_heavy():
    loaded = _loaded_by("import memnet_tf")
    assert "memnet_tf" in loaded
    assert not loaded & (HEAVY | OPTIONAL)


def test_models_load_neither_data_sets_nor_scann():
    loaded = _loaded_by("from memnet_tf import layers, models, training")
    assert "keras" in loaded
    assert not loaded & OPTIONAL


def test_nothing_that_draws_is_imported():
    for path in FILES:
        for module in _imported(path):
            assert not _is_of(module, "matplotlib"), path
            assert not _is_of(module, "rich"), path
