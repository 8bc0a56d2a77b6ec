"""QueryReductionNetwork: Query-Reduction Networks (Seo et al. 2017)."""

import keras

from memnet_tf.layers.generalization.append import Append
from memnet_tf.layers.input_map.position_encoding import PositionEncoding
from memnet_tf.layers.input_map.word_ids import WordIds
from memnet_tf.layers.output_map.query_reduction import QueryReduction
from memnet_tf.layers.response.of_candidates import entity_ids, response_of
from memnet_tf.memory_network import MemoryNetwork


@keras.saving.register_keras_serializable("memnet_tf")
class QueryReductionNetwork(MemoryNetwork):
    """A question that every sentence of the story reduces in turn.

    1606.04582:

    - I: sentences and questions as position-encoded sums of words, with one
      table of embeddings;
    - G: `Append`, the sentences in order of time;
    - O: gated scans over the story, both ways, in layers, each of which asks
      what the one before made of the question: `layers.QueryReduction`;
    - R: `softmax(W h)`, `h` the question after the newest sentence; or, for
      a dialog, one of `candidates`.

    Args:
        vocabulary: the known words, answers among them.
        sentence_length: `W`, words kept of a sentence.
        memory_size: `S`, sentences remembered; the oldest is forgotten.
        units: `d`, the size of an embedding.
        hops: layers of reduction.
        gates: groups of units that share a gate; 1 is the paper's scalar
            gate.
        spread: see `layers.QueryReduction`.
        dot_product: see `layers.QueryReduction`.
        dropout: see `layers.QueryReduction`.
        candidates: see `MemN2N`.
        entities: see `MemN2N`.
        latest: see `layers.MatchingResponse`.

    Example:

    >>> network = QueryReductionNetwork(
    ...     ["john", "garden", "office"], sentence_length=5
    ... )
    >>> answer = network.answer(["John is in the garden"], "Where is John?")
    >>> answer.addresses.shape
    (2, 1)
    """

    leaves_out_empty_slots = True

    def __init__(
        self,
        vocabulary,
        sentence_length,
        memory_size=130,
        units=50,
        hops=2,
        gates=1,
        spread=0.0,
        dot_product=False,
        dropout=0.0,
        candidates=None,
        entities=None,
        latest=False,
        **kwargs,
    ):
        word_ids = WordIds(vocabulary, sentence_length)
        words = word_ids.vocabulary_size
        super().__init__(
            word_ids=word_ids,
            input_map=PositionEncoding(
                words,
                units,
                stddev=0.5,
                types=entity_ids(word_ids, entities),
            ),
            generalization=Append(memory_size),
            output_map=QueryReduction(
                hops, gates, spread, dot_product, dropout
            ),
            response=response_of(word_ids, candidates, entities, latest=latest),
            candidates=candidates,
            **kwargs,
        )
        self._arguments = {
            "vocabulary": list(vocabulary),
            "sentence_length": sentence_length,
            "memory_size": memory_size,
            "units": units,
            "hops": hops,
            "gates": gates,
            "spread": spread,
            "dot_product": dot_product,
            "dropout": dropout,
            "candidates": candidates,
            "entities": entities,
            "latest": latest,
        }
