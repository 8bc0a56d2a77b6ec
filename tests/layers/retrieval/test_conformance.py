"""What every retrieval layer must do, as `tests.conformance` for the others."""

import inspect
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from memnet_tf import layers
from tests.conformance.registry import KEYS, RETRIEVAL

ENTRIES = {entry.name: entry for entry in RETRIEVAL}
COMPILED = [name for name in ENTRIES if name != "ScaNNRetrieval"]
# Which search rows `(N, d)` that the batch shares, some of them empty.
OF_ROWS = [
    name
    for name in ENTRIES
    if name not in ("ExactRetrieval_of_each", "ProductKeyRetrieval")
]
K = 3


@keras.saving.register_keras_serializable("tests")
class Searches(keras.Model):
    """A model of one retrieval layer, to save it."""

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer

    def call(self, inputs):
        return self.layer(k=K, **inputs)

    def build_from_config(self, config):
        """The layer builds itself."""

    def get_config(self):
        layer = keras.saving.serialize_keras_object(self.layer)
        return {**super().get_config(), "layer": layer}

    @classmethod
    def from_config(cls, config):
        layer = keras.saving.deserialize_keras_object(config.pop("layer"))
        return cls(layer, **config)


def _assert_same(received, expected):
    np.testing.assert_array_equal(received.slots, expected.slots)
    np.testing.assert_array_equal(received.mask, expected.mask)
    np.testing.assert_allclose(received.scores, expected.scores, rtol=1e-5)


def _call(name, **changes):
    entry = ENTRIES[name]
    return entry.factory()(k=K, **{**entry.inputs, **changes})


@pytest.fixture
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("name", ENTRIES)
def test_config_makes_the_same_layer(name):
    layer = ENTRIES[name].factory()
    config = layer.get_config()
    again = type(layer).from_config(json.loads(json.dumps(config)))
    assert again.get_config() == config
    arguments = set(inspect.signature(type(layer).__init__).parameters)
    for argument in arguments - {"self", "args", "kwargs"}:
        assert getattr(layer, argument) == config[argument]


@pytest.mark.parametrize("name", ENTRIES)
def test_a_saved_layer_finds_the_same(name, tmp_path):
    inputs = ENTRIES[name].inputs
    model = Searches(ENTRIES[name].factory())
    expected = model(inputs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    _assert_same(loaded(inputs), expected)


@pytest.mark.parametrize(
    ("name", "jit_compile"),
    [
        *((name, False) for name in ENTRIES),
        *((name, True) for name in COMPILED),
    ],
)
def test_a_graph_finds_the_same(name, jit_compile):
    layer, inputs = ENTRIES[name].factory(), ENTRIES[name].inputs

    @tf.function(jit_compile=jit_compile)
    def call(inputs):
        return layer(k=K, **inputs)

    received = call({key: tf.constant(value) for key, value in inputs.items()})
    _assert_same(received, layer(k=K, **inputs))


@pytest.mark.parametrize("name", ENTRIES)
def test_the_batch_need_not_be_known(name):
    layer, inputs = ENTRIES[name].factory(), dict(ENTRIES[name].inputs)
    if name == "ExactRetrieval_of_each":
        inputs["keys"] = inputs["keys"][:1]
        inputs["query"] = inputs["query"][:1]
    query, more = inputs.pop("query"), inputs.pop("words", None)
    words = np.zeros((len(query), 1), "int32") if more is None else more
    signature = [
        tf.TensorSpec([None, 4]),
        tf.TensorSpec([None, words.shape[1]], tf.int32),
    ]

    @tf.function(input_signature=signature)
    def call(query, words):
        also = {} if more is None else {"words": words}
        return layer(query, K, **inputs, **also)

    also = {} if more is None else {"words": words}
    _assert_same(call(query, words), layer(query, K, **inputs, **also))
    if name != "ExactRetrieval_of_each":
        nothing = call(query[:0], words[:0])
        assert [part.shape for part in nothing] == [(0, K)] * 3


@pytest.mark.parametrize("policy", ["float16", "mixed_float16"], indirect=True)
@pytest.mark.parametrize("name", ENTRIES)
def test_half_precision_finds_the_same(name, policy):
    received = _call(name)
    assert received.scores.dtype == "float16"
    keras.config.set_dtype_policy("float32")
    expected = _call(name)
    np.testing.assert_array_equal(received.slots, expected.slots)
    found = expected.mask.numpy()
    assert np.all(np.isfinite(received.scores))
    np.testing.assert_allclose(
        received.scores.numpy()[found], expected.scores.numpy()[found], 1e-3
    )


@pytest.mark.parametrize("name", ENTRIES)
def test_a_query_that_is_nan_finds_nan(name):
    query = ENTRIES[name].inputs["query"].copy()
    query[1] = np.nan
    scores = _call(name, query=query).scores.numpy()
    assert np.all(np.isfinite(scores[0]))
    assert np.all(np.isnan(scores[1]))


@pytest.mark.parametrize("name", ["ScaNNRetrieval", "InvertedFileRetrieval"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_an_index_refuses_what_is_not_finite(name, wrong):
    layer, keys = ENTRIES[name].factory(), KEYS.copy()
    keys[7, 1] = wrong
    with pytest.raises(ValueError, match=r"Expected `keys` without.*slot 7"):
        layer.index(keys)
    layer.index(keys, np.arange(12) != 7)  # an empty slot may hold it


@pytest.mark.parametrize("name", ENTRIES)
def test_gradients_reach_the_query_and_the_keys_that_were_found(name):
    layer, inputs = ENTRIES[name].factory(), dict(ENTRIES[name].inputs)
    query, keys = map(tf.Variable, (inputs.pop("query"), inputs.pop("keys")))
    with tf.GradientTape() as tape:
        retrieved = layer(query, K, keys, **inputs)
        shown = tf.where(retrieved.mask, retrieved.scores, 0)
        loss = tf.reduce_sum(shown)
    of_query, of_keys = tape.gradient(loss, [query, keys])
    of_keys = tf.convert_to_tensor(of_keys).numpy()
    assert np.all(np.any(of_query.numpy() != 0, axis=1))
    if of_keys.ndim == 2:
        found = retrieved.slots.numpy()[retrieved.mask.numpy()]
        assert set(np.flatnonzero(of_keys.any(axis=1))) == set(found)


@pytest.mark.parametrize("name", ENTRIES)
def test_more_slots_than_there_are_are_padded(name):
    entry = ENTRIES[name]
    retrieved = entry.factory()(k=40, **entry.inputs)
    found, scores = retrieved.mask.numpy(), retrieved.scores.numpy()
    assert found.shape == (2, 40)
    assert np.all(found[:, :-1] >= found[:, 1:])  # what is found comes first
    assert 0 < found.sum(axis=1).min() <= found.sum(axis=1).max() <= 12
    assert np.all(retrieved.slots.numpy()[~found] == 0)
    assert np.all(np.isfinite(scores)) and np.all(scores[~found] < -1e4)
    assert np.all(np.diff(scores, axis=1) <= 0)
    for slots, mask in zip(retrieved.slots.numpy(), found, strict=True):
        assert len(set(slots[mask])) == mask.sum()  # none twice


@pytest.mark.parametrize("name", OF_ROWS)
def test_nothing_is_found_in_an_empty_memory(name):
    mask = np.zeros(12, bool)
    assert not np.any(_call(name, mask=mask).mask)
    layer = ENTRIES[name].factory()
    if isinstance(layer, layers.ScaNNRetrieval):
        layer.index(KEYS, mask)
        layer.index(KEYS[:0])
    inputs = {**ENTRIES[name].inputs, "keys": KEYS[:0], "mask": mask[:0]}
    assert not np.any(layer(k=K, **inputs).mask)


@pytest.mark.parametrize("name", OF_ROWS)
def test_an_empty_batch_finds_nothing(name):
    words = {"words": np.zeros((0, 4), "int32")}
    changes = words if "words" in ENTRIES[name].inputs else {}
    retrieved = _call(name, query=np.zeros((0, 4), "float32"), **changes)
    assert [part.shape for part in retrieved] == [(0, K)] * 3


@pytest.mark.parametrize("name", ENTRIES)
def test_shapes_are_known_without_a_call(name):
    inputs = {
        key: keras.KerasTensor(value.shape, value.dtype)
        for key, value in ENTRIES[name].inputs.items()
    }
    spec = ENTRIES[name].factory()(k=K, **inputs)
    for part, expected in zip(spec, _call(name), strict=True):
        assert part.shape == tuple(expected.shape)
        assert part.dtype == expected.dtype


@pytest.mark.parametrize("name", ENTRIES)
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"query": np.zeros((2, 3))}, r"Expected `query` of shape \(batch, 4"),
        ({"keys": np.zeros(4)}, "Expected `keys` with"),
    ],
)
def test_other_shapes_are_refused(name, changes, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        _call(name, **changes)


@pytest.mark.parametrize("k", [0, -1, 2.0, None])
def test_k_must_be_a_positive_int(k):
    with pytest.raises(ValueError, match="Expected `k` to be.*Received"):
        layers.ExactRetrieval()(np.ones((1, 4)), k, KEYS)


def test_metrics_have_names():
    with pytest.raises(ValueError, match=r"Expected `metric`.*'cosine'"):
        layers.ExactRetrieval("cosine")
