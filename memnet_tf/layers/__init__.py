"""The parts of a memory network, as Keras layers.

I (`input_map`) turns words into features, G (`generalization`) writes them to
memory, O (`output_map`) reads the memory for a question, and R (`response`)
answers with what was read. Retrieval finds the slots of a large memory that
are worth reading.
"""

from memnet_tf.layers.generalization.append import Append
from memnet_tf.layers.generalization.gated_entities import GatedEntities
from memnet_tf.layers.generalization.least_used import LeastUsed
from memnet_tf.layers.generalization.least_useful import LeastUseful
from memnet_tf.layers.generalization.nearest_gated import NearestGated
from memnet_tf.layers.generalization.ring import Ring
from memnet_tf.layers.input_map.bag_of_ngrams import BagOfNgrams
from memnet_tf.layers.input_map.bag_of_words import BagOfWords
from memnet_tf.layers.input_map.entity_encoding import EntityEncoding
from memnet_tf.layers.input_map.input_fusion import InputFusion
from memnet_tf.layers.input_map.key_value_encoding import KeyValueEncoding
from memnet_tf.layers.input_map.position_encoding import PositionEncoding
from memnet_tf.layers.input_map.recurrent_encoding import RecurrentEncoding
from memnet_tf.layers.input_map.time_encoding import TimeEncoding
from memnet_tf.layers.input_map.word_ids import WordIds, build_vocabulary
from memnet_tf.layers.input_map.word_mask import WordMask
from memnet_tf.layers.output_map.attention_gru import AttentionGRU
from memnet_tf.layers.output_map.cross_reference import CrossReference
from memnet_tf.layers.output_map.gated_update import GatedUpdate
from memnet_tf.layers.output_map.half_relu_update import HalfReLUUpdate
from memnet_tf.layers.output_map.hopfield_read import HopfieldRead
from memnet_tf.layers.output_map.interaction_score import InteractionScore
from memnet_tf.layers.output_map.mapped_update import MappedUpdate
from memnet_tf.layers.output_map.memorizing_attention import (
    MemorizingAttention,
)
from memnet_tf.layers.output_map.output_map import OutputMap
from memnet_tf.layers.output_map.prelu_update import PReLUUpdate
from memnet_tf.layers.output_map.product_key_memory import ProductKeyMemory
from memnet_tf.layers.output_map.product_key_update import ProductKeyUpdate
from memnet_tf.layers.output_map.query_reduction import QueryReduction
from memnet_tf.layers.output_map.read_write_memory import ReadWriteMemory
from memnet_tf.layers.output_map.relu_update import ReLUUpdate
from memnet_tf.layers.output_map.window_read import WindowRead
from memnet_tf.layers.output_map.window_score import WindowScore
from memnet_tf.layers.response.candidate_response import CandidateResponse
from memnet_tf.layers.response.matching_response import MatchingResponse
from memnet_tf.layers.response.memory_response import MemoryResponse
from memnet_tf.layers.response.sentence_response import SentenceResponse
from memnet_tf.layers.response.word_response import WordResponse
from memnet_tf.layers.retrieval.cluster_hash_retrieval import (
    ClusterHashRetrieval,
)
from memnet_tf.layers.retrieval.exact_retrieval import ExactRetrieval
from memnet_tf.layers.retrieval.inverted_file_retrieval import (
    InvertedFileRetrieval,
)
from memnet_tf.layers.retrieval.product_key_retrieval import (
    ProductKeyRetrieval,
)
from memnet_tf.layers.retrieval.retrieval import Retrieved
from memnet_tf.layers.retrieval.scann_retrieval import ScaNNRetrieval
from memnet_tf.layers.retrieval.word_hash_retrieval import WordHashRetrieval

__all__ = [
    "Append",
    "AttentionGRU",
    "BagOfNgrams",
    "BagOfWords",
    "CandidateResponse",
    "ClusterHashRetrieval",
    "CrossReference",
    "EntityEncoding",
    "ExactRetrieval",
    "GatedEntities",
    "GatedUpdate",
    "HalfReLUUpdate",
    "HopfieldRead",
    "InputFusion",
    "InteractionScore",
    "InvertedFileRetrieval",
    "KeyValueEncoding",
    "LeastUsed",
    "LeastUseful",
    "MappedUpdate",
    "MatchingResponse",
    "MemorizingAttention",
    "MemoryResponse",
    "NearestGated",
    "OutputMap",
    "PReLUUpdate",
    "PositionEncoding",
    "ProductKeyMemory",
    "ProductKeyRetrieval",
    "ProductKeyUpdate",
    "QueryReduction",
    "ReLUUpdate",
    "ReadWriteMemory",
    "RecurrentEncoding",
    "Retrieved",
    "Ring",
    "ScaNNRetrieval",
    "SentenceResponse",
    "TimeEncoding",
    "WindowRead",
    "WindowScore",
    "WordHashRetrieval",
    "WordIds",
    "WordMask",
    "WordResponse",
    "build_vocabulary",
]
