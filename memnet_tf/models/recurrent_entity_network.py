"""RecurrentEntityNetwork: Tracking the World State (Henaff et al. 2016)."""

import keras
from keras import ops

from memnet_tf.layers.generalization.gated_entities import GatedEntities
from memnet_tf.layers.input_map.word_ids import WordIds
from memnet_tf.layers.input_map.word_mask import WordMask
from memnet_tf.layers.output_map.output_map import OutputMap
from memnet_tf.layers.output_map.prelu_update import PReLUUpdate
from memnet_tf.layers.response.word_response import WordResponse
from memnet_tf.memory_network import MemoryNetwork


@keras.saving.register_keras_serializable("memnet_tf")
class RecurrentEntityNetwork(MemoryNetwork):
    """A slot for every entity, which each sentence brings up to date.

    The sections are those of 1612.03969:

    - I (2.1): `s = sum_i f_i * e_i`, a learned mask over the words;
    - G (2.2): gated writes to all slots at once, `layers.GatedEntities`;
    - O (2.3): `p = softmax(q . h_j)`, `o = sum_j p_j h_j`;
    - R (2.3): `y = R prelu(q + H o)`.

    Slots hold entities, not sentences: a memory has the same size however
    long the story is, and `answer` and an export read all of it. Their
    addresses say which sentences last changed what was read.

    Args:
        vocabulary: the known words, answers among them.
        sentence_length: `W`, words kept of a sentence.
        memory_size: sentences of a story that `fit` and `evaluate` read, the
            newest.
        units: `d`, the size of an embedding.
        entities: `S`, how many entities, whose keys are learned; or words
            of the vocabulary, whose embeddings are the keys.

    Raises:
        ValueError: a word of `entities` is not in the vocabulary.

    Example:

    >>> network = RecurrentEntityNetwork(
    ...     ["john", "mary", "garden", "office"],
    ...     sentence_length=5,
    ...     entities=["john", "mary"],
    ... )
    >>> answer = network.answer(["John is in the garden"], "Where is John?")
    >>> answer.addresses.shape
    (1, 1)
    """

    def __init__(
        self,
        vocabulary,
        sentence_length,
        memory_size=70,
        units=100,
        entities=20,
        **kwargs,
    ):
        word_ids = WordIds(vocabulary, sentence_length)
        words, reserved = word_ids.vocabulary_size, 1 + word_ids.unknown_words
        self._memory_size = memory_size
        tied = not isinstance(entities, int)
        self.key_ids = (
            word_ids.known_ids(entities, "entities") if tied else None
        )
        super().__init__(
            word_ids=word_ids,
            input_map=WordMask(words, units, masks=2),
            generalization=GatedEntities(
                len(entities) if tied else entities, tied
            ),
            output_map=OutputMap(update=PReLUUpdate()),
            response=WordResponse(words, reserved),
            **kwargs,
        )
        self._arguments = {
            "vocabulary": list(vocabulary),
            "sentence_length": sentence_length,
            "memory_size": memory_size,
            "units": units,
            "entities": list(entities) if tied else entities,
        }

    @property
    def memory_size(self):
        return self._memory_size

    def remember(self, story, memory=None, training=False, encode=None):
        keys = None
        features = (encode or self.encode_story)(story)
        if self.key_ids is not None:
            keys = ops.take(self.input_map.embeddings, self.key_ids, axis=0)
        written = ops.any(ops.not_equal(story, 0), axis=-1)
        return self.generalization(features, memory, written, keys)

    def encode_story(self, story):
        return self.input_map(self.within_length(story), kind=0)

    def encode_question(self, question):
        return self.input_map(self.within_length(question), kind=1)
