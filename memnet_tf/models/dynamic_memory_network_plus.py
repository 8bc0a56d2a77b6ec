"""DynamicMemoryNetworkPlus: DMN+ (Xiong et al. 2016)."""

import keras
from keras import ops

from memnet_tf.layers.generalization.append import Append
from memnet_tf.layers.input_map.input_fusion import InputFusion
from memnet_tf.layers.input_map.position_encoding import PositionEncoding
from memnet_tf.layers.input_map.recurrent_encoding import RecurrentEncoding
from memnet_tf.layers.input_map.word_ids import WordIds
from memnet_tf.layers.output_map.attention_gru import AttentionGRU
from memnet_tf.layers.output_map.interaction_score import InteractionScore
from memnet_tf.layers.output_map.output_map import OutputMap
from memnet_tf.layers.output_map.relu_update import ReLUUpdate
from memnet_tf.layers.response.word_response import WordResponse
from memnet_tf.memory_network import MemoryNetwork


@keras.saving.register_keras_serializable("memnet_tf")
class DynamicMemoryNetworkPlus(MemoryNetwork):
    """Reads the story in episodes, each in order and for what the last found.

    The parts are those of 1603.01417, section 3:

    - I: sentences by position encoding, fused with those before and after
      them (`layers.InputFusion`); the question `q` word by word;
    - O: `hops` episodes. Each scores the sentences by how they differ from
      `q` and the state `m`, at first `q` (`layers.InteractionScore`), reads
      them in order (`layers.AttentionGRU`) and makes a new state of what it
      read, `m <- relu(W_k [m, c, q] + b_k)` (`layers.ReLUUpdate`);
    - R: `softmax(W [m, q])`.

    Args:
        vocabulary: the known words, answers among them.
        sentence_length: `W`, words kept of a sentence.
        memory_size: `S`, sentences remembered; the oldest is forgotten.
        units: `d`, of embeddings and states.
        hops: `K`, the episodes.
        dropout: the share of features of sentences and of what is answered
            from that is left out in training.

    Example:

    >>> network = DynamicMemoryNetworkPlus(
    ...     ["john", "garden", "office"], sentence_length=5, memory_size=5
    ... )
    >>> answer = network.answer(["John is in the garden"], "Where is John?")
    >>> answer.addresses.shape
    (3, 1)
    """

    leaves_out_empty_slots = True

    def __init__(
        self,
        vocabulary,
        sentence_length,
        memory_size=50,
        units=80,
        hops=3,
        dropout=0.1,
        **kwargs,
    ):
        word_ids = WordIds(vocabulary, sentence_length)
        words, reserved = word_ids.vocabulary_size, 1 + word_ids.unknown_words
        self.dropout = keras.layers.Dropout(dropout)
        super().__init__(
            word_ids=word_ids,
            # With embeddings of 0.1 even a tiny task is not learnt.
            input_map=PositionEncoding(words, units, stddev=1.0),
            question_map=RecurrentEncoding(words, units, tied=True),
            generalization=Append(memory_size),
            time_encoding=InputFusion(),
            output_map=OutputMap(
                hops,
                score=InteractionScore(),
                read=AttentionGRU(),
                update=ReLUUpdate(hops),
            ),
            response=WordResponse(words, reserved),
            **kwargs,
        )
        self._arguments = {
            "vocabulary": list(vocabulary),
            "sentence_length": sentence_length,
            "memory_size": memory_size,
            "units": units,
            "hops": hops,
            "dropout": dropout,
        }

    def respond(self, memory, question, support=None, training=False):
        question = self.encode_question(question)
        memory = memory._replace(
            features=self.dropout(memory.features, training=training)
        )
        memory = self.time_encoding(memory)
        output, addresses = self.output_map(question, memory)
        output = ops.concatenate([output, question], axis=-1)
        answer = self.response(self.dropout(output, training=training))
        return {"answer": answer, "addresses": addresses}

    def encode_question(self, question):
        return self.question_map(question, self.input_map.table(0))
