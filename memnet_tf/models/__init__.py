"""The zoo: one network per paper, named after it."""

from memnet_tf.models.differentiable_neural_computer import (
    DifferentiableNeuralComputer,
)
from memnet_tf.models.dynamic_memory_network_plus import (
    DynamicMemoryNetworkPlus,
)
from memnet_tf.models.gated_memn2n import GatedMemN2N
from memnet_tf.models.generative_memn2n import GenerativeMemN2N
from memnet_tf.models.key_value_memnn import KeyValueMemNN
from memnet_tf.models.memn2n import MemN2N
from memnet_tf.models.memn2n_language_model.network import (
    MemN2NLanguageModel,
)
from memnet_tf.models.memnn.memnn import MemNN
from memnet_tf.models.memnn.segmenter import Segmenter
from memnet_tf.models.memory_language_model.model import MemoryLanguageModel
from memnet_tf.models.query_reduction_network import QueryReductionNetwork
from memnet_tf.models.recurrent_entity_network import RecurrentEntityNetwork
from memnet_tf.models.shared_memory_network.network import SharedMemoryNetwork
from memnet_tf.models.two_reader_network import TwoReaderNetwork
from memnet_tf.models.vector_index_memory_network.network import (
    VectorIndexMemoryNetwork,
)

__all__ = [
    "DifferentiableNeuralComputer",
    "DynamicMemoryNetworkPlus",
    "GatedMemN2N",
    "GenerativeMemN2N",
    "KeyValueMemNN",
    "MemN2N",
    "MemN2NLanguageModel",
    "MemNN",
    "MemoryLanguageModel",
    "QueryReductionNetwork",
    "RecurrentEntityNetwork",
    "Segmenter",
    "SharedMemoryNetwork",
    "TwoReaderNetwork",
    "VectorIndexMemoryNetwork",
]
