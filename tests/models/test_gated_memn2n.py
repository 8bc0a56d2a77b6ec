import numpy as np
import pytest

from memnet_tf.models import GatedMemN2N, MemN2N
from tests.models.task import WORDS

RANDOM = np.random.default_rng(0)
IDS = {
    "story": RANDOM.integers(2, 8, (3, 4, 3)).astype("int32"),
    "question": RANDOM.integers(2, 8, (3, 3)).astype("int32"),
}


def _network(**arguments):
    network = GatedMemN2N(WORDS, 3, 4, units=5, hops=2, **arguments)
    for weight in network.trainable_weights:
        weight.assign(RANDOM.normal(size=weight.shape) * 0.5)
    return network


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("shared_gate", [False, True])
def test_hops_blend_what_they_read_into_the_state(shared_gate):
    """Section 3 of Liu & Perez 2017 in numpy."""
    network = _network(shared_gate=shared_gate)
    memory = network.time_encoding(network.remember(IDS["story"]))
    tables = memory.features.numpy()  # (B, S, 3, d)
    state = network.encode_question(IDS["question"]).numpy()
    outputs = network(IDS)
    gate_maps = network.output_map.update.gate_maps
    assert len(gate_maps) == (1 if shared_gate else 2)
    for hop in range(2):
        scores = np.einsum("bd,bsd->bs", state, tables[:, :, hop])
        shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(
            outputs["addresses"][:, hop], shares, atol=1e-5
        )
        read = np.einsum("bs,bsd->bd", shares, tables[:, :, hop + 1])
        weight, bias = gate_maps[0 if shared_gate else hop].get_weights()
        gate = _sigmoid(state @ weight + bias)
        state = gate * read + (1 - gate) * state
    answers = state @ network.input_map.table(-1).numpy().T
    np.testing.assert_allclose(
        outputs["answer"][:, 2:], answers[:, 2:], atol=1e-5
    )


def test_a_closed_gate_keeps_the_question():
    network = _network()
    for gate_map in network.output_map.update.gate_maps:
        gate_map.bias.assign(np.full(5, -99.0))
    asked = network.encode_question(IDS["question"]).numpy()
    answers = asked @ network.input_map.table(-1).numpy().T
    answer = network(IDS)["answer"][:, 2:]
    np.testing.assert_allclose(answer, answers[:, 2:], atol=1e-5)


def test_arguments_of_memn2n_are_kept_by_its_configuration():
    network = _network(tying="layer_wise", shared_gate=True)
    config = network.get_config()
    assert MemN2N(WORDS, 3).get_config().keys() == config.keys() - {
        "shared_gate"
    }
    again = GatedMemN2N.from_config(config)
    again.set_weights(network.get_weights())
    np.testing.assert_array_equal(again(IDS)["answer"], network(IDS)["answer"])
