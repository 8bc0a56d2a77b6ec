"""The Differentiable Neural Computer: its loop, its state and its export."""

import keras
import numpy as np
import pytest

from export import ways
from memnet_tf.models import DifferentiableNeuralComputer

INPUTS = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")


def _network(**arguments):
    keras.utils.set_random_seed(0)
    return DifferentiableNeuralComputer(
        3, 2, slots=4, units=3, reads=2, controller_units=5, **arguments
    )


@pytest.mark.parametrize("links", [True, False])
def test_the_loop_is_the_layers_one_after_the_other(links):
    network = _network(links=links)
    outputs = network(INPUTS)
    hidden = cell = np.zeros((2, 5), "float32")
    read, memory = np.zeros((2, 6), "float32"), None
    for time in range(5):
        told = np.concatenate([INPUTS[:, time], read], axis=1)
        _, (hidden, cell) = network.controller(told, [hidden, cell])
        read, address, memory = network.memory(hidden, memory)
        read = np.reshape(read, (2, 6))
        answer = network.response(np.concatenate([hidden, read], axis=1))
        for name, expected in (
            ("answer", answer),
            ("addresses", memory.read_addresses),
            ("write_addresses", address),
        ):
            np.testing.assert_allclose(
                outputs[name][:, time], expected, atol=1e-5
            )


def test_a_sequence_is_gone_on_with():
    network = _network()
    whole = network(INPUTS)
    first, state = network(INPUTS[:, :2], return_state=True)
    rest = network(INPUTS[:, 2:], state)
    for name, expected in whole.items():
        parts = np.concatenate([first[name], rest[name]], axis=1)
        np.testing.assert_allclose(parts, expected, atol=1e-6)


def test_more_slots_answer_the_same():
    network = _network()
    larger = network.with_slots(30)
    assert larger(INPUTS)["addresses"].shape == (2, 5, 2, 30)
    np.testing.assert_allclose(
        # As many inputs as there are slots in the smaller.
        larger(INPUTS[:, :4])["answer"],
        network(INPUTS[:, :4])["answer"],
        atol=1e-6,
    )


@pytest.mark.usefixtures("built")
def test_an_exported_network_answers_the_same(tmp_path):
    network = _network()
    signatures = network.export(tmp_path / "model").signatures
    batches = [{"inputs": INPUTS}, {"inputs": INPUTS[:1, :3]}]
    with ways.eager(signatures) as run:
        expected = run("serving_default", batches)
    for way in (ways.session, ways.in_c):
        with way(tmp_path / "model") as run:
            received = run("serving_default", batches)
        for one, other in zip(expected, received, strict=True):
            assert set(one) == {"answer", "addresses", "write_addresses"}
            for name, value in one.items():
                np.testing.assert_allclose(other[name], value, atol=1e-5)
