import contextlib
import gc

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.retrieval.data import topics
from memnet_tf.layers import ExactRetrieval, ScaNNRetrieval

pytest.importorskip("scann")
pytestmark = pytest.mark.scann
RANDOM = np.random.default_rng(0)
SMALL = {"hash_from": 50, "tree_from": 100, "leaves": 4, "leaves_to_search": 4}


def _rows(count, units=8):
    return RANDOM.normal(size=(count, units)).astype("float32")


def _recall(received, expected):
    pairs = zip(received.slots.numpy(), expected.slots.numpy(), strict=True)
    return np.mean([len(set(a) & set(b)) / len(b) for a, b in pairs])


@pytest.mark.parametrize("metric", ["inner_product", "l2"])
@pytest.mark.parametrize("count", [1, 2, 49, 50, 99, 100, 300])
@pytest.mark.parametrize("queries", [1, 5])
@pytest.mark.parametrize("reorder", [None, 10])
def test_a_shortlist_of_all_is_exact(metric, count, queries, reorder):
    keys, query = _rows(count), _rows(queries)
    mask = np.arange(count) % 3 != 1
    options = {**SMALL, "reorder": reorder}
    layer = ScaNNRetrieval(count, options, metric=metric)
    layer.index(keys, mask)
    received = layer(query, 4, keys, mask)
    expected = ExactRetrieval(metric)(query, 4, keys, mask)
    np.testing.assert_array_equal(received.slots, expected.slots)
    np.testing.assert_array_equal(received.mask, expected.mask)


def test_rows_that_scann_orders_itself_want_a_shorter_list():
    keys, query = _rows(3000), _rows(50)
    expected = ExactRetrieval()(query, 10, keys)
    recalls = []
    for arguments in (
        {"options": {**SMALL, "reorder": 100}},
        {"options": SMALL, "shortlist": 20},
    ):
        layer = ScaNNRetrieval(**arguments)
        layer.index(keys)
        recalls.append(_recall(layer(query, 10, keys), expected))
    assert recalls[0] > 0.9 > recalls[1]


def test_slots_emptied_since_the_index_are_not_found():
    keys = _rows(20)
    layer = ScaNNRetrieval()
    layer.index(keys)
    mask = np.arange(20) < 3
    retrieved = layer(_rows(2), 5, keys, mask)
    assert retrieved.mask.numpy().sum(axis=1).tolist() == [3, 3]
    assert np.all(np.sort(retrieved.slots.numpy()[:, :3]) == [0, 1, 2])


def test_a_new_index_takes_its_place_in_graphs_that_are_there():
    traces = []
    layer = ScaNNRetrieval(shortlist=1)
    first, second = np.eye(3, dtype="float32"), np.eye(4, 3, k=-1)
    keys = tf.Variable(np.zeros((4, 3), "float32"))
    layer.index(first)

    @tf.function
    def call(query):
        traces.append(1)
        return layer(query, 1, keys).slots

    query = np.eye(3, dtype="float32")
    assert call(query).numpy().ravel().tolist() == [0, 1, 2]
    layer.index(second)
    assert call(query).numpy().ravel().tolist() == [1, 2, 3]
    assert len(traces) == 1


def test_fit_searches_the_index_that_is_new():
    keras.utils.set_random_seed(0)

    class Reader(keras.Model):
        def __init__(self):
            super().__init__()
            self.retrieval = ScaNNRetrieval(shortlist=2)
            self.keys = self.add_weight(shape=(6, 4), name="keys")

        def call(self, query):
            return self.retrieval(query, 1, self.keys).scores

    class Seen(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            model.retrieval.index(model.keys)

    model = Reader()
    model.retrieval.index(model.keys)
    before = model.keys.numpy()
    model.compile("sgd", "mse", steps_per_execution=2)
    query = _rows(32, 4)
    model.fit(
        query, np.ones((32, 1)), batch_size=8, verbose=0, callbacks=[Seen()]
    )
    assert np.any(model.keys.numpy() != before)
    received = model.predict(query, verbose=0)
    expected = ExactRetrieval()(query, 1, model.keys).scores
    np.testing.assert_allclose(received, expected, rtol=1e-5)


@pytest.mark.parametrize("where", [contextlib.nullcontext, tf.Graph])
def test_a_layer_that_is_gone_frees_its_index(where):
    layer = ScaNNRetrieval()
    layer.index(_rows(5))
    handle = layer._searcher.searcher_handle
    there = where()
    with there.as_default() if where is tf.Graph else there:
        del layer
        gc.collect()
    with pytest.raises(tf.errors.NotFoundError):
        tf.raw_ops.DestroyResourceOp(resource=handle, ignore_lookup_error=False)


def test_an_index_older_than_the_keys_does_little_harm():
    keys, query = topics(5000, 32, queries=100)
    layer = ScaNNRetrieval()
    layer.index(keys)
    noise = _rows(5000, 32)
    noise *= np.linalg.norm(keys, axis=1, keepdims=True)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    drifted = keys + 0.3 * noise
    expected = ExactRetrieval()(query, 10, drifted)
    assert _recall(layer(query, 10, drifted), expected) >= 0.95


def test_a_graph_needs_an_index():
    layer = ScaNNRetrieval()

    @tf.function
    def call(keys):
        return layer(np.ones((1, 8), "float32"), 1, keys)

    with pytest.raises(ValueError, match=r"Expected `index\(keys\)`.*Received"):
        call(tf.constant(_rows(5)))


@pytest.mark.parametrize("queries", [1, 5])
def test_a_graph_reads_no_more_than_the_rows_it_scores(queries):
    layer = ScaNNRetrieval()
    keys = tf.Variable(_rows(300))
    layer.index(keys)
    graph = tf.function(lambda query: layer(query, 4, keys))
    graph = graph.get_concrete_function(tf.TensorSpec([queries, 8])).graph
    kinds = {operation.type for operation in graph.get_operations()}
    # To read all of a variable after rows were taken from it is to copy it.
    assert "ResourceGather" in kinds
    assert "ReadVariableOp" not in kinds


@pytest.mark.parametrize("queries", [0, 1, 5])
@pytest.mark.parametrize("reorder", [None, 100])
def test_a_frozen_index_is_exported(tmp_path, queries, reorder):
    keys, query = _rows(300), _rows(queries)
    layer = ScaNNRetrieval(300, {**SMALL, "reorder": reorder})
    layer.index(keys)
    expected = layer(query, 4, keys)
    layer.freeze()
    archive = keras.export.ExportArchive()
    archive.track(layer)
    archive.add_endpoint(
        "retrieve",
        lambda query: layer(query, 4, keys)._asdict(),
        input_signature=[tf.TensorSpec([None, 8])],
    )
    archive.write_out(str(tmp_path / "model"), verbose=False)
    layer.index(keys[:1])
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    received = loaded.retrieve(query)
    np.testing.assert_array_equal(received["slots"], expected.slots)


def test_options_have_names():
    with pytest.raises(TypeError, match="levels"):
        ScaNNRetrieval(options={"levels": 2})
