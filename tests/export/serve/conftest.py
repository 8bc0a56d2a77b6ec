import importlib.util

import keras
import numpy as np
import pytest

from export import versions
from memnet_tf.models import MemN2N

WORDS = ["john", "mary", "went", "to", "the", "garden", "office", "where", "is"]

if importlib.util.find_spec("tensorflow_serving") is None:
    collect_ignore_glob = ["test_*.py"]


def export(folder, seed):
    """Writes a small network as the next version; answers vary by `seed`."""
    keras.utils.set_random_seed(seed)
    network = MemN2N(WORDS, 6, memory_size=8, units=5)
    rng = np.random.default_rng(seed)
    for variable in network.trainable_variables:
        variable.assign(rng.normal(size=variable.shape))
    versions.write_version(network, folder)
    return network


@pytest.fixture(scope="session")
def network_and_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serve") / "memn2n"
    return export(folder, seed=1), folder


@pytest.fixture(scope="session")
def folder(network_and_folder):
    return network_and_folder[1]


@pytest.fixture(scope="session")
def shared_server(folder):
    """A server for tests that leave it as it is."""
    from export.serve.server import Server

    with Server({"memn2n": folder}, grpc_port=0, rest_port=0) as server:
        yield server


@pytest.fixture(scope="session")
def stories():
    """Stories of 0 to 12 sentences, each with a question."""
    rng = np.random.default_rng(5)
    return [
        (
            [" ".join(rng.choice(WORDS, 4)) for _ in range(length)],
            " ".join(rng.choice(WORDS, 3)),
        )
        for length in [1, 5, 0, 12, 3, 8, 2, 2, 7, 12, 4, 1]
    ]
