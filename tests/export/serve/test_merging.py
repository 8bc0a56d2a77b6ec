import numpy as np
import pytest
import tensorflow as tf

from export.serve.limits import Limits
from export.serve.merging import find_merging
from export.serve.model import Model

pytestmark = pytest.mark.serving
WORDS = tf.TensorSpec([None, None], tf.string, "words")
NUMBERS = tf.TensorSpec([None, None], tf.float32, "numbers")


def _merging(folder, function, *inputs):
    module = tf.Module()
    module.serve = tf.function(function, input_signature=inputs)
    tf.saved_model.save(module, str(folder), {"serve": module.serve})
    model = Model(folder, Limits())
    return model.signatures["serve"], find_merging(model.signatures["serve"])


def test_padding_that_changes_nothing_is_found_and_cut(tmp_path):
    signature, merging = _merging(
        tmp_path,
        lambda words: {
            "length": tf.strings.length(words)[:, None, :],
            "longest": tf.reduce_max(tf.strings.length(words), axis=1),
        },
        WORDS,
    )
    assert merging.grows == {("words", 1): [("length", 2)]}
    requests = [
        {"words": np.array([[b"a"]], object)},
        {"words": np.array([[b"bc", b"def"], [b"", b"g"]], object)},
        {"words": np.zeros((1, 0), object)},
    ]
    assert len({merging.key(request) for request in requests}) == 1
    merged = merging.merge(requests)
    assert merged["words"].tolist() == [
        [b"a", b""],
        [b"bc", b"def"],
        [b"", b"g"],
        [b"", b""],
    ]
    one, two, none = merging.split(signature.run(merged), requests)
    assert one["length"].tolist() == [[[1]]]
    assert two["length"].tolist() == [[[2, 3]], [[0, 1]]]
    assert two["longest"].tolist() == [3, 1]
    assert none["length"].shape == (1, 1, 0)


def test_padding_that_changes_an_output_is_not_done(tmp_path):
    _, merging = _merging(
        tmp_path, lambda numbers: {"m": tf.reduce_mean(numbers, 1)}, NUMBERS
    )
    assert merging.grows == {}
    two, three = (
        merging.key({"numbers": np.ones((1, n), "float32")}) for n in (2, 3)
    )
    assert two != three
    more = merging.key({"numbers": np.ones((5, 2), "float32")})
    assert two == more


def test_a_padded_axis_that_an_output_has_twice(tmp_path):
    signature, merging = _merging(
        tmp_path,
        lambda numbers: {"o": numbers[:, :, None] * numbers[:, None, :]},
        NUMBERS,
    )
    assert merging.grows == {("numbers", 1): [("o", 1), ("o", 2)]}
    requests = [{"numbers": np.full((1, n), n, "float32")} for n in (1, 3)]
    outputs = signature.run(merging.merge(requests))
    one, three = merging.split(outputs, requests)
    np.testing.assert_array_equal(one["o"], [[[1]]])
    np.testing.assert_array_equal(three["o"], np.full((1, 3, 3), 9))


def test_a_first_axis_that_is_no_batch_is_not_merged(tmp_path):
    assert (
        _merging(
            tmp_path / "1",
            lambda numbers: {"sum": tf.cumsum(numbers, axis=0)},
            NUMBERS,
        )[1]
        is None
    )
    assert (
        _merging(
            tmp_path / "2",
            lambda numbers: {"sum": tf.reduce_sum(numbers)},
            NUMBERS,
        )[1]
        is None
    )
    assert (
        _merging(
            tmp_path / "3",
            lambda one: {"one": one},
            tf.TensorSpec([3], tf.float32, "one"),
        )[1]
        is None
    )


def test_of_a_memory_network_stories_are_padded(folder):
    merging = Model(folder / "1", Limits()).merging
    grows = {("story", 1): [("attention", 2)]}
    assert merging["serving_default"].grows == grows
    assert merging["respond"].grows == grows
    assert merging["encode"].grows == {("story", 1): []}
