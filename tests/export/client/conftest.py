import keras
import pytest

from export import versions
from memnet_tf.models import MemN2N

_WORDS = ["john", "mary", "went", "to", "the", "garden", "office", "where"]


@pytest.fixture(scope="session")
def network():
    """A network of 4 memories."""
    keras.utils.set_random_seed(1)
    return MemN2N(_WORDS, 6, memory_size=4, units=5, hops=2)


@pytest.fixture(scope="session")
def models(network, tmp_path_factory):
    """A folder of versions, of which there is one."""
    folder = tmp_path_factory.mktemp("models") / "memn2n"
    versions.write_version(network, folder)
    return folder
