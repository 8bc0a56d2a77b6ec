"""Cross-reference network: memories that read one another, and hops."""

import keras
from keras import ops

from memnet_tf.layers.generalization.append import Append
from memnet_tf.layers.input_map.position_encoding import PositionEncoding
from memnet_tf.layers.input_map.time_encoding import TimeEncoding
from memnet_tf.layers.input_map.word_ids import WordIds
from memnet_tf.layers.input_map.word_mask import WordMask
from memnet_tf.layers.output_map.cross_reference import CrossReference
from memnet_tf.layers.output_map.output_map import OutputMap
from memnet_tf.layers.response.word_response import WordResponse
from memnet_tf.memory import Memory
from memnet_tf.memory_network import MemoryNetwork


@keras.saving.register_keras_serializable("memnet_tf")
class CrossReferenceNetwork(MemoryNetwork):
    """Two readers of one memory, whose answers add up.

    The first is MemN2N's: hops from the question over sentences, with
    adjacent tying and linear start. Tied embeddings make it follow words
    from sentence to sentence ("Greg" to "Greg is a swan" to "Lily is a swan"
    to "Lily is white") from the first step of training on. The second is
    `layers.CrossReference`, in which sentences read one another before the
    question does: where order, time and relations between sentences matter.
    A hop of the first may also read nothing, a slot of zeros.
    With hops' last state `u`, the other's output `v` and embeddings `C_K`,
    the answer is `softmax(C_K^T u + W v)`.

    Args:
        vocabulary: the known words, answers among them.
        sentence_length: `W`, words kept of a sentence.
        memory_size: `S`, sentences remembered; the oldest is forgotten.
        units: `d`, of both readers.
        hops: of the first reader.
        references: hops of the second.
        softmax: see `layers.CrossReference`.
        older: see `layers.CrossReference`.
        newer: see `layers.CrossReference`.
        max_age: ages that the first reader tells apart.
        linear_start: begin with the first reader's bare scores; see
            `training.LinearStart`.

    Example:

    >>> network = CrossReferenceNetwork(
    ...     ["john", "garden", "office"], sentence_length=5, memory_size=5
    ... )
    >>> answer = network.answer(["John is in the garden"], "Where is John?")
    >>> answer.addresses.shape
    (7, 1)
    """

    leaves_out_empty_slots = True

    def __init__(
        self,
        vocabulary,
        sentence_length,
        memory_size=130,
        units=64,
        hops=3,
        references=4,
        softmax=4,
        older=2,
        newer=2,
        max_age=32,
        linear_start=False,
        **kwargs,
    ):
        word_ids = WordIds(vocabulary, sentence_length)
        words, reserved = word_ids.vocabulary_size, 1 + word_ids.unknown_words
        self.sentence_map = WordMask(words, units, masks=2)
        self.cross_reference = CrossReference(references, softmax, older, newer)
        super().__init__(
            word_ids=word_ids,
            input_map=PositionEncoding(
                words, units, hops + 1, "published_code"
            ),
            generalization=Append(memory_size),
            time_encoding=TimeEncoding(max_age),
            output_map=OutputMap(hops, linear_start=linear_start),
            response=WordResponse(words, reserved, tied=True),
            **kwargs,
        )
        self._arguments = {
            "vocabulary": list(vocabulary),
            "sentence_length": sentence_length,
            "memory_size": memory_size,
            "units": units,
            "hops": hops,
            "references": references,
            "softmax": softmax,
            "older": older,
            "newer": newer,
            "max_age": max_age,
            "linear_start": linear_start,
        }

    @property
    def hops(self):
        return self.output_map.hops + self.cross_reference.hops

    def encode_story(self, story):
        """The first reader's embeddings and the second's, `(B, T, E, d)`."""
        story = self._kept(story)
        second = ops.expand_dims(self.sentence_map(story), 2)
        return ops.concatenate([self.input_map(story), second], axis=2)

    def build(self, input_shape=None):
        self.answer_embeddings = self.add_weight(
            name="answer_embeddings",
            shape=(self.word_ids.vocabulary_size, self.sentence_map.units),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
        )
        super().build(input_shape)

    def call(self, inputs, training=False):
        """As `MemoryNetwork.call`, with no time spent on slots left empty."""
        memory = self.remember(inputs["story"], training=training)
        slots, sentences = memory.mask.shape[1], inputs["story"].shape[1]
        unused = slots - min(slots, sentences or slots)
        used = Memory(*(part[:, : slots - unused] for part in memory))
        outputs = self.respond(used, inputs["question"], training=training)
        room = [(0, 0), (0, 0), (0, unused)]
        return {**outputs, "addresses": ops.pad(outputs["addresses"], room)}

    def _kept(self, ids):
        """The words of sentences that have places: the encodings tell them."""
        return ids[..., : self.word_ids.sentence_length]

    def respond(self, memory, question, support=None, training=False):
        question = self._kept(question)
        features = memory.features
        first = memory._replace(features=features[:, :, :-1])
        output, addresses = self.output_map(
            self.input_map.encode(question, 0, 1)[:, 0],
            _with_nothing(self.time_encoding(first, training=training)),
        )
        second, references = self.cross_reference(
            self.sentence_map(question, kind=1),
            memory._replace(features=features[:, :, -1]),
        )
        embeddings = [self.input_map.table(-1), self.answer_embeddings]
        answer = self.response(
            ops.concatenate([output, second], axis=-1),
            ops.cast(ops.concatenate(embeddings, axis=-1), output.dtype),
        )
        return {
            "answer": answer,
            "addresses": ops.concatenate(
                [addresses[:, :, :-1], references], axis=1
            ),
        }

    def get_config(self):
        # Not the parts of MemoryNetwork: this model makes its own.
        return {**keras.Model.get_config(self), **self._arguments}


def _with_nothing(memory):
    """A memory with a slot more that holds zeros, for a hop to read nothing."""
    features = ops.pad(memory.features, [(0, 0), (0, 1), (0, 0), (0, 0)])
    mask = ops.pad(memory.mask, [(0, 0), (0, 1)], constant_values=True)
    return Memory(features, mask, ops.pad(memory.time, [(0, 0), (0, 1)]))
