import importlib.metadata
import sys
import types

import numpy as np
import pytest
import tensorflow as tf

from memnet_tf.layers.retrieval import scann_library as library

EXPECTED = "Expected scann 1.4.2 with tensorflow 2.20: .*Received: "
RANDOM = np.random.default_rng(0)


@pytest.fixture
def broken_pair(tmp_path, monkeypatch):
    """A scann that loads operations built for another TensorFlow."""
    package = tmp_path / "scann"
    package.mkdir()
    (package / "__init__.py").write_text(
        "import tensorflow as tf\n"
        "raise tf.errors.NotFoundError(None, None, 'undefined symbol')\n"
    )
    _forget_scann(monkeypatch)
    monkeypatch.syspath_prepend(tmp_path)


def _forget_scann(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("scann")]:
        monkeypatch.delitem(sys.modules, name)


def test_a_broken_pair_is_an_import_error(broken_pair):
    with pytest.raises(ImportError, match=EXPECTED) as raised:
        library.scann_library()
    assert isinstance(raised.value.__cause__, tf.errors.NotFoundError)
    assert f"tensorflow {tf.__version__} (NotFoundError)" in str(raised.value)


def test_no_scann_is_an_import_error(monkeypatch):
    def nothing(package):
        raise importlib.metadata.PackageNotFoundError(package)

    _forget_scann(monkeypatch)
    monkeypatch.setitem(sys.modules, "scann", None)
    monkeypatch.setattr(importlib.metadata, "version", nothing)
    with pytest.raises(ImportError, match=EXPECTED + "no scann with"):
        library.scann_library()


def test_scann_without_operations_is_an_import_error(monkeypatch):
    _forget_scann(monkeypatch)
    monkeypatch.setitem(sys.modules, "scann", types.ModuleType("scann"))
    with pytest.raises(ImportError, match=EXPECTED):
        library.scann_library()


class _Builder:
    """Notes what a builder of ScaNN is told."""

    def __init__(self, distance_measure="dot_product"):
        self.distance_measure = distance_measure
        self.told = {}

    def __getattr__(self, name):
        def note(*values, **named):
            self.told[name] = (*values, *named.values())
            return self

        return note


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, {"score_brute_force"}),
        (3_999, {"score_brute_force"}),
        (4_000, {"score_ah"}),
        (15_999, {"score_ah"}),
        (16_000, {"tree", "score_ah"}),
    ],
)
def test_the_number_of_rows_chooses_the_search(count, expected):
    assert set(library.configured(_Builder(), count).told) == expected


def test_a_million_rows_are_searched_in_158_of_4000_leaves():
    told = library.configured(_Builder(), 1_000_000).told
    assert told["tree"] == (4000, 158, 4.0)


def test_distances_are_searched_without_what_is_for_inner_products():
    told = library.configured(_Builder("squared_l2"), 1_000_000).told
    assert told["tree"] == (4000, 158, None)
    assert np.isnan(told["score_ah"][1])


def test_leaves_are_never_more_than_rows():
    options = library.ScaNNOptions(tree_from=1, hash_from=1, leaves=100)
    told = library.configured(_Builder(), 20, options).told
    assert told["tree"][:2] == (20, 11)


@pytest.mark.scann
@pytest.mark.parametrize("module", ["scann_ops", "scann_ops_pybind"])
@pytest.mark.parametrize("measure", ["dot_product", "squared_l2"])
@pytest.mark.parametrize("count", [1, 50, 200])
def test_every_search_finds_the_nearest(module, measure, count):
    pytest.importorskip("scann")
    rows = RANDOM.normal(size=(count, 8)).astype("float32")
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    options = library.ScaNNOptions(
        hash_from=20,
        tree_from=100,
        leaves=8,
        leaves_to_search=8,
        reorder=20,
    )
    scann = getattr(library.scann_library(), module)
    builder = scann.builder(rows, 1, measure)
    searcher = library.configured(builder, count, options).build()
    slots, _ = searcher.search_batched(rows)
    np.testing.assert_array_equal(np.ravel(slots), np.arange(count))
