"""Two-reader network: hops from the question, and scans of the story."""

import keras
from keras import ops

from memnet_tf.layers.generalization.append import Append
from memnet_tf.layers.input_map.position_encoding import PositionEncoding
from memnet_tf.layers.input_map.time_encoding import TimeEncoding
from memnet_tf.layers.input_map.word_ids import WordIds
from memnet_tf.layers.input_map.word_mask import WordMask
from memnet_tf.layers.output_map.output_map import OutputMap
from memnet_tf.layers.output_map.query_reduction import QueryReduction
from memnet_tf.layers.response.word_response import WordResponse
from memnet_tf.memory import Memory
from memnet_tf.memory_network import MemoryNetwork


@keras.saving.register_keras_serializable("memnet_tf")
class TwoReaderNetwork(MemoryNetwork):
    """Two readers of one memory, whose answers add up.

    The first is MemN2N's: hops from the question over sentences, with
    adjacent tying and linear start. Tied embeddings make it follow words
    from sentence to sentence ("Greg" to "Greg is a swan" to "Lily is a swan"
    to "Lily is white") from the first step of training on. A hop may also
    read nothing, a slot of zeros. The second reads the story in order:
    `layers.QueryReduction`, gated scans that know who is where *now*; or
    `layers.CrossReference`, in which sentences read one another.
    With hops' last state `u`, the other's output `v` and embeddings `C_K`,
    the answer is `softmax(C_K^T u + W v)`.

    Args:
        vocabulary: the known words, answers among them.
        sentence_length: `W`, words kept of a sentence.
        memory_size: `S`, sentences remembered; the oldest is forgotten.
        units: `d` of the hops.
        hops: of the first reader.
        reader: the second, a layer called with a question `(B, d)` and a
            `Memory` `(B, S, d)`; `QueryReduction(hops=3, gates=8)` if None.
        reader_units: `d` of the second.
        max_age: ages that the first reader tells apart.
        linear_start: begin with the first reader's bare scores; see
            `training.LinearStart`.

    Example:

    >>> network = TwoReaderNetwork(
    ...     ["john", "garden", "office"], sentence_length=5, memory_size=5
    ... )
    >>> answer = network.answer(["John is in the garden"], "Where is John?")
    >>> answer.addresses.shape
    (6, 1)
    """

    parts = (*MemoryNetwork.parts, "reader")
    leaves_out_empty_slots = True

    def __init__(
        self,
        vocabulary,
        sentence_length,
        memory_size=130,
        units=50,
        hops=3,
        reader=None,
        reader_units=96,
        max_age=32,
        linear_start=False,
        **kwargs,
    ):
        word_ids = WordIds(vocabulary, sentence_length)
        words, reserved = word_ids.vocabulary_size, 1 + word_ids.unknown_words
        self.sentence_map = WordMask(words, reader_units, masks=2, spread=1.0)
        self.reader = reader or QueryReduction(hops=3, gates=8)
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
            "reader_units": reader_units,
            "max_age": max_age,
            "linear_start": linear_start,
        }

    @property
    def hops(self):
        return self.output_map.hops + self.reader.hops

    def encode_story(self, story):
        """The first reader's embeddings and the second's, side by side."""
        story = self.within_length(story)
        first = self.input_map(story)  # (B, T, E, d)
        wide = first.shape[2] * first.shape[3]
        first = ops.reshape(first, (-1, ops.shape(story)[1], wide))
        return ops.concatenate([first, self.sentence_map(story)], axis=-1)

    def build(self, input_shape=None):
        self.answer_embeddings = self.add_weight(
            name="answer_embeddings",
            shape=(self.word_ids.vocabulary_size, self.sentence_map.units),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
        )
        super().build(input_shape)

    def respond(self, memory, question, support=None, training=False):
        question = self.within_length(question)
        first, second = self._features(memory.features)
        first = self.time_encoding(
            memory._replace(features=first), training=training
        )
        output, addresses = self.output_map(
            self.input_map.encode_question(question), _with_nothing(first)
        )
        second, more = self.reader(
            self.sentence_map(question, kind=1),
            memory._replace(features=second),
        )
        embeddings = [self.input_map.table(-1), self.answer_embeddings]
        answer = self.response(
            ops.concatenate([output, second], axis=-1),
            ops.cast(ops.concatenate(embeddings, axis=-1), output.dtype),
        )
        return {
            "answer": answer,
            "addresses": ops.concatenate([addresses[:, :, :-1], more], axis=1),
        }

    def _features(self, features):
        """The first reader's embeddings `(B, S, E, d)`, and the second's."""
        tables, units = self.output_map.hops + 1, self.input_map.units
        first = features[:, :, : tables * units]
        slots = ops.shape(features)[1]
        return (
            ops.reshape(first, (-1, slots, tables, units)),
            features[:, :, tables * units :],
        )

    def get_config(self):
        reader = keras.saving.serialize_keras_object(self.reader)
        return {**super().get_config(), "reader": reader}


def _with_nothing(memory):
    """A memory with a slot more that holds zeros, for a hop to read nothing."""
    features = ops.pad(memory.features, [(0, 0), (0, 1), (0, 0), (0, 0)])
    mask = ops.pad(memory.mask, [(0, 0), (0, 1)], constant_values=True)
    return Memory(features, mask, ops.pad(memory.time, [(0, 0), (0, 1)]))
