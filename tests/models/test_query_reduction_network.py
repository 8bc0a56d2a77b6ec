import numpy as np

from memnet_tf.models import QueryReductionNetwork
from tests.models.task import WORDS

RANDOM = np.random.default_rng(0)
IDS = {
    "story": RANDOM.integers(2, 8, (3, 4, 3)).astype("int32"),
    "question": RANDOM.integers(2, 8, (3, 3)).astype("int32"),
}


def test_the_composition():
    """y = softmax(W h), h the question that the story has reduced."""
    network = QueryReductionNetwork(WORDS, 3, 4, units=6)
    memory = network.generalization(network.input_map(IDS["story"]))
    reduced, addresses = network.output_map(
        network.input_map(IDS["question"]), memory
    )
    outputs = network(IDS)
    np.testing.assert_allclose(
        outputs["answer"], network.response(reduced), atol=1e-6
    )
    np.testing.assert_allclose(outputs["addresses"], addresses, atol=1e-6)


def test_a_sentence_that_changes_nothing_leaves_the_answer():
    """A gate of 0 keeps the reduced question, the paper's eq. of h_t."""
    network = QueryReductionNetwork(WORDS, 3, 4, units=6, hops=1)
    update_bias, _ = network.output_map.gate_biases[0]
    update_bias.assign([-100.0])
    network.output_map.gate_kernels[0].assign(np.zeros((6, 2)))
    answer = network(IDS)["answer"].numpy()[:, 2:]
    np.testing.assert_allclose(answer, answer[:1].repeat(3, 0), atol=1e-6)
