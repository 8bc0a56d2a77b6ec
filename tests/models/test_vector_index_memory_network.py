import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from memnet_tf.memory_store import MemoryStore, Oldest
from memnet_tf.models import VectorIndexMemoryNetwork

RANDOM = np.random.default_rng(0)


def _network(seed=0, **arguments):
    """A network whose weights are all drawn, biases too."""
    keras.utils.set_random_seed(seed)
    network = VectorIndexMemoryNetwork(
        inputs=3, features=4, outputs=2, **arguments
    )
    random = np.random.default_rng(seed)
    for weight in network.trainable_weights:
        weight.assign(random.normal(size=weight.shape, scale=0.7))
    return network


def _inputs(*shape):
    return RANDOM.normal(size=shape).astype("float32")


def _perceptron(weights, x):
    w1, b1, w2, b2 = weights
    return np.maximum(x @ w1 + b1, 0) @ w2 + b2


class Plain:
    """The network for one stream, one input at a time, in numpy."""

    def __init__(self, network, slots, filled):
        self.slots, self.filled = slots.astype("float64"), filled
        self.k = network.output_map.k
        parts = [network.input_map, network.generalization]
        parts += [network.output_map, network.response]
        self.input_map, self.gate, (self.queries,), self.response = [
            [weight.numpy().astype("float64") for weight in part.weights]
            for part in parts
        ]

    def __call__(self, x, written):
        features = _perceptron(self.input_map, x)
        if written:
            self.write(features)
        distance = np.sum((self.slots - features) ** 2, axis=1)
        distance[~self.filled] = np.inf
        nearest = np.argsort(distance)[: min(self.k, np.sum(self.filled))]
        rows = self.slots[nearest]
        read = [features]
        for query in np.einsum("d,dhe->he", features, self.queries):
            scores = rows @ query / 2  # sqrt(d) = 2
            shares = np.exp(scores - scores.max())
            read.append(shares @ rows / shares.sum())
        return _perceptron(self.response, np.concatenate(read))

    def write(self, features):
        slot, gate = np.argmin(self.filled), 1
        if self.filled.all():
            distance = np.sum((self.slots - features) ** 2, axis=1)
            slot = np.argmin(distance)
            weight, bias = self.gate
            pair = np.concatenate([features, self.slots[slot]])
            gate = 1 / (1 + np.exp(-pair @ weight - bias))
        self.slots[slot] += gate * (features - self.slots[slot])
        self.filled[slot] = True


def _plain(network):
    memory = network.new_memory(1)
    return Plain(network, memory.features.numpy()[0], memory.mask.numpy()[0])


SETTINGS = [
    {"initial": "empty"},
    {"initial": "learned", "heads": 2, "k": 3},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_long_stream_is_what_a_plain_loop_gives(settings):
    network = _network(slots=20, **settings)
    x, written = _inputs(1, 1000, 3), RANDOM.random((1, 1000)) < 0.8
    written[:, 0] = True  # something to read

    @tf.function(jit_compile=True)
    def stream(x, written):
        return network({"inputs": x, "written": written}, return_memory=True)

    outputs, memory = stream(x, written)
    plain = _plain(network)
    expected = [plain(*pair) for pair in zip(x[0], written[0], strict=True)]
    np.testing.assert_allclose(outputs[0], expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(memory.features[0], plain.slots, atol=1e-5)
    np.testing.assert_array_equal(memory.mask[0], plain.filled)


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_stream_goes_on_where_it_stopped(settings):
    network = _network(slots=6, **settings)
    x = _inputs(2, 30, 3)
    memory = None
    parts = []
    for part in np.split(x, [1, 17], axis=1):
        outputs, memory = network(part, memory, return_memory=True)
        parts.append(outputs)
    together, last = network(x, return_memory=True)
    np.testing.assert_allclose(np.concatenate(parts, 1), together, atol=1e-5)
    for one, two in zip(memory, last, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)


def test_questions_write_nothing():
    network = _network(initial="empty")
    x = _inputs(1, 20, 3)
    _, memory = network(x, return_memory=True)
    nothing = np.zeros((1, 20), bool)
    asked, after = network(
        {"inputs": x, "written": nothing}, memory, return_memory=True
    )
    for one, two in zip(memory, after, strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(network.answer(x, memory), asked, atol=1e-5)


def test_nothing_is_read_from_an_empty_memory():
    network = _network(initial="empty")
    x = _inputs(1, 5, 3)
    nothing = {"inputs": x, "written": np.zeros((1, 5), bool)}
    features = network.input_map(x)
    np.testing.assert_allclose(
        network(nothing), network.respond(features, np.zeros((1, 5, 4)))
    )


def test_gradients_reach_every_part():
    network = _network()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(network(_inputs(2, 12, 3)) ** 2)
    weights = network.trainable_weights
    assert len(weights) == 4 + 2 + 1 + 4 + 1  # I, G, O, R, initial slots
    for weight, gradient in zip(
        weights, tape.gradient(loss, weights), strict=True
    ):
        gradient = tf.convert_to_tensor(gradient).numpy()
        assert np.all(np.isfinite(gradient)), weight.path
        assert np.any(gradient != 0), weight.path


def test_it_learns_to_recall_in_a_compiled_fit():
    random = np.random.default_rng(0)
    keys = random.normal(size=(512, 4, 2)).astype("float32")
    values = random.integers(2, size=(512, 4))
    asked = np.arange(512) % 4
    x = np.zeros((512, 5, 4), "float32")
    x[:, :4, :2], x[:, :4, 2] = keys, 2 * values - 1
    x[:, 4, :2], x[:, 4, 3] = keys[np.arange(512), asked], 1
    written = np.arange(5) < 4
    inputs = {"inputs": x, "written": np.tile(written, (512, 1))}
    y = np.zeros((512, 5), "int32")
    y[:, 4] = values[np.arange(512), asked]
    keras.utils.set_random_seed(0)
    network = VectorIndexMemoryNetwork(
        inputs=4, slots=4, outputs=2, units=32, initial="empty"
    )
    network.compile(
        keras.optimizers.Adam(0.02),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=True,
    )
    weight = np.tile(~written, (512, 1)).astype("float32")
    network.fit(inputs, y, sample_weight=weight, epochs=15, verbose=0)
    answers = network.predict(inputs, verbose=0)[:, 4].argmax(axis=-1)
    assert np.mean(answers == y[:, 4]) > 0.8  # by chance 0.5


def test_xla_computes_what_eager_does():
    network = _network()
    compiled = tf.function(network, jit_compile=True)
    x = tf.constant(_inputs(2, 9, 3))
    np.testing.assert_allclose(compiled(x), network(x), atol=1e-5)


def test_the_number_of_inputs_need_not_be_known():
    network = _network()
    call = tf.function(
        network, input_signature=[tf.TensorSpec([None, None, 3], "float32")]
    )
    x = _inputs(2, 7, 3)
    for count in (1, 7):
        np.testing.assert_allclose(
            call(x[:, :count]), network(x[:, :count]), atol=1e-6
        )


def _store(capacity=10, **arguments):
    return MemoryStore(
        4, capacity, Oldest(), metric="l2", index="exact", **arguments
    )


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_store_holds_what_the_memory_does(settings):
    network, store = _network(**settings), _store()
    x, written = _inputs(1, 60, 3), RANDOM.random((1, 60)) < 0.8
    outputs, memory = network(
        {"inputs": x, "written": written}, return_memory=True
    )
    received = network.stream(x[0], store, written[0])
    np.testing.assert_allclose(received, outputs[0], atol=1e-5)
    np.testing.assert_allclose(
        store.read(list(store)).vectors, memory.features[0], atol=1e-5
    )


def test_a_store_may_be_larger_than_the_memory_of_training():
    network, store = _network(initial="empty"), _store(100)
    network.store = store
    x = _inputs(150, 3)
    received = np.concatenate([network.stream(x[:70]), network.stream(x[70:])])
    plain = Plain(network, np.zeros((100, 4)), np.zeros(100, bool))
    expected = [plain(row, True) for row in x]
    np.testing.assert_allclose(received, expected, atol=1e-4)
    assert len(store) == 100


@pytest.mark.slow
@pytest.mark.scann
def test_a_million_slots_are_read_and_written():
    pytest.importorskip("scann")
    keras.utils.set_random_seed(0)
    network = VectorIndexMemoryNetwork(
        inputs=8, features=16, outputs=3, initial="empty"
    )
    store = MemoryStore(16, 1_000_000, Oldest(), metric="l2")
    for _ in range(10):  # what other streams have left
        store.write(RANDOM.normal(size=(100_000, 16)).astype("float32"))
    store.rebuild()
    x = RANDOM.normal(size=(1000, 8)).astype("float32")
    outputs = network.stream(x, store)
    assert len(store) == 1_000_000
    assert outputs.shape == (1000, 3)
    assert np.isfinite(outputs).all()
    features = np.asarray(network.input_map(x[None]))[0, -50:]
    found = store.search(features, 1).ids
    nearest = store.search(features, 1, exact=True).ids
    assert np.mean(found == nearest) > 0.9


def test_an_empty_store_is_read_as_nothing():
    network = _network(initial="empty")
    nothing = network.stream(_inputs(2, 3), _store(), np.zeros(2, bool))
    assert np.all(np.isfinite(nothing))


LOAD = """
import sys
import keras
import numpy as np
import memnet_tf.models

path, x = sys.argv[1], np.load(sys.argv[2])
network = keras.saving.load_model(path)
np.save(sys.argv[3], network.stream(x))
"""


def test_a_new_process_goes_on_with_the_store(tmp_path):
    network = _network()
    network.store = _store(50)
    x = _inputs(80, 3)
    network.stream(x[:60])
    network.save(tmp_path / "network.keras")
    np.save(tmp_path / "x.npy", x[60:])
    subprocess.run(
        [
            sys.executable,
            "-c",
            LOAD,
            *(tmp_path / name for name in ("network.keras", "x.npy", "y.npy")),
        ],
        check=True,
    )
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert list(loaded.store) == list(network.store)
    assert type(loaded.store.forgetting) is Oldest
    np.testing.assert_array_equal(
        loaded.store.read(list(loaded.store)).vectors,
        network.store.read(list(network.store)).vectors,
    )
    received = np.load(tmp_path / "y.npy")
    np.testing.assert_allclose(received, network.stream(x[60:]), atol=1e-6)


def test_a_network_without_a_store_is_saved_without_one(tmp_path):
    network = _network(initial="empty", heads=2)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert loaded.store is None
    assert loaded.get_config() == network.get_config()
    x = _inputs(1, 12, 3)
    np.testing.assert_allclose(loaded(x), network(x), atol=1e-6)
    with pytest.raises(FileExistsError, match="Expected a new file"):
        network.save(tmp_path / "network.keras", overwrite=False)


def test_an_exported_network_answers_from_its_memory(tmp_path):
    network = _network(initial="empty")
    _, memory = network(_inputs(1, 7, 3), return_memory=True)
    x = _inputs(2, 5, 3)
    network.export(tmp_path / "of_memory", memory)
    expected = [network.answer(x[row : row + 1], memory)[0] for row in (0, 1)]
    _assert_serves(tmp_path / "of_memory", x, expected)
    network.store = _store(50)
    network.stream(_inputs(70, 3))
    network.export(tmp_path / "of_store")
    expected = [network.stream(row, written=np.zeros(5)) for row in x]
    _assert_serves(tmp_path / "of_store", x, expected)


@pytest.mark.parametrize(
    "flavour", ["inverted file", pytest.param("scann", marks=pytest.mark.scann)]
)
def test_every_flavour_reads_the_nearest(flavour, tmp_path):
    if flavour == "scann":
        pytest.importorskip("scann")
    network = _network(initial="empty")
    network.store = _store(300)
    network.stream(_inputs(300, 3))
    expected = network.stream(x := _inputs(40, 3), written=np.zeros(40))
    chosen = network.export(tmp_path / "model", flavour=flavour).flavour
    assert (chosen.name, chosen.slots) == (flavour, 300)
    serve = tf.saved_model.load(str(tmp_path / "model"))
    serve = serve.signatures["serving_default"]
    received = serve(inputs=tf.constant(x[None]))["outputs"][0].numpy()
    same = np.isclose(received, expected, atol=1e-5).all(axis=1)
    assert np.mean(same) > (0.99 if flavour == "scann" else 0.5)


def _assert_serves(path, x, expected):
    answer = tf.saved_model.load(str(path)).signatures["serving_default"]
    received = answer(inputs=tf.constant(x))["outputs"]
    np.testing.assert_allclose(received, expected, atol=1e-5)


def test_what_cannot_be_is_refused(tmp_path):
    network = _network()
    with pytest.raises(ValueError, match="Expected a MemoryStore.*None"):
        network.stream(_inputs(1, 3))
    for store in (MemoryStore(5, 10, metric="l2"), MemoryStore(4, 10)):
        with pytest.raises(ValueError, match="Expected a MemoryStore"):
            network.stream(_inputs(1, 3), store)
    with pytest.raises(ValueError, match="Expected a MemoryStore"):
        network.export(tmp_path / "nothing")
    with pytest.raises(ValueError, match="Expected `memory` of one stream"):
        network.export(tmp_path / "nothing", network.new_memory(2))
    (tmp_path / "other.txt").write_text("kept")
    with pytest.raises(ValueError, match="a folder of other things"):
        network.export(tmp_path, network.new_memory(1))
    with pytest.raises(ValueError, match="Expected `initial`.*Received"):
        VectorIndexMemoryNetwork(initial="full")
    for arguments in ({"k": 0}, {"heads": 0}):
        with pytest.raises(ValueError, match="Expected `.*positive int"):
            VectorIndexMemoryNetwork(**arguments)
