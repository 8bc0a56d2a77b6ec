"""KeyValueMemNN: Key-Value Memory Networks (Miller et al. 2016)."""

import keras
import numpy as np
from keras import ops

from memnet_tf.layers.generalization.append import Append
from memnet_tf.layers.input_map.entity_encoding import EntityEncoding
from memnet_tf.layers.input_map.key_value_encoding import KeyValueEncoding
from memnet_tf.layers.input_map.time_encoding import TimeEncoding
from memnet_tf.layers.input_map.word_ids import WordIds
from memnet_tf.layers.output_map.mapped_update import MappedUpdate
from memnet_tf.layers.output_map.output_map import OutputMap
from memnet_tf.layers.response.memory_response import MemoryResponse
from memnet_tf.layers.response.word_response import WordResponse
from memnet_tf.memory_network import MemoryNetwork

ANSWERS = ("words", "memories")


@keras.saving.register_keras_serializable("memnet_tf")
class KeyValueMemNN(MemoryNetwork):
    """Finds memories by their keys and reads their values.

    The parts are those of 1606.03126, section 3, with one table `A` for
    questions, keys and values:

    - I: `layers.KeyValueEncoding`, `A key` and `A value`;
    - key hashing: of many memories, a question reads those whose key has
      one of its words;
    - O: key addressing `p = softmax(q_k . A key_i)`, value reading
      `o = sum_i p_i A value_i` and `q_{k+1} = R_k (q_k + o)`;
    - R: `softmax(B q_{K+1})`; or, of a knowledge base with more entities
      than training can name, the memory that the last hop read most.

    For a memory that all questions share, `SharedMemoryNetwork` takes the
    same parts: `KeyValueEncoding`, and an `OutputMap` with `MappedUpdate`
    behind a retrieval layer.

    Args:
        vocabulary: the known words, answers among them.
        sentence_length: `W`, words kept of a memory.
        memory_size: `S`, memories kept; the oldest is forgotten.
        units: `d`, the size of an embedding.
        hops: `K`, how often the memory is read.
        encoding: see `layers.KeyValueEncoding`.
        addressing: see `layers.OutputMap`.
        k: see `layers.OutputMap`.
        time_encoding: whether memories carry their age, as in a story.
        key_hashing: whether only those memories are read whose key shares a
            word with the question. With `addressing="top_k"`, for which
            memories are kept as words.
        stop_words: words too frequent to hash by.
        backtracking: whether memories are read whose value is a word of the
            question: of a knowledge base, those that lead back to the entity
            asked of. Without, hops cannot return to where they began.
        n: see `layers.KeyValueEncoding`.
        answers: `"words"`, or `"memories"` to answer with a memory (a
            `layers.MemoryResponse`).
        entities: words of the vocabulary that are entities, which have codes
            that are not trained, see `layers.EntityEncoding`. A hop then
            keeps the other features alone of the question: `q_{k+1} =
            R_k q_k + o`, see `layers.MappedUpdate`. None for embeddings of
            all words.
        code_units: see `layers.EntityEncoding`.

    Raises:
        ValueError: there is key hashing without `addressing="top_k"`, or no
            backtracking with `encoding="sentence"`, or `answers` is neither
            of the two, or there are `entities` without `code_units` or that
            are not in the vocabulary, or see `layers.EntityEncoding`.

    Example:

    >>> network = KeyValueMemNN(
    ...     ["oslo", "lima", "in", "norway", "peru", "what"],
    ...     sentence_length=4,
    ...     encoding="triple",
    ...     addressing="top_k",
    ...     k=10,
    ...     time_encoding=False,
    ...     key_hashing=True,
    ... )
    >>> answer = network.answer(["Oslo in Norway", "Lima in Peru"], "Lima?")
    >>> answer.addresses.tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """

    def __init__(
        self,
        vocabulary,
        sentence_length,
        memory_size=50,
        units=50,
        hops=2,
        encoding="sentence",
        addressing="softmax",
        k=None,
        time_encoding=True,
        key_hashing=False,
        stop_words=(),
        backtracking=True,
        n=1,
        answers="words",
        entities=None,
        code_units=None,
        **kwargs,
    ):
        if answers not in ANSWERS:
            raise ValueError(
                f"Expected `answers` to be one of {ANSWERS}. "
                f"Received: {answers!r}"
            )
        if key_hashing and addressing != "top_k":
            raise ValueError(
                "Expected addressing='top_k' with key hashing. "
                f"Received: {addressing!r}"
            )
        if (entities is None) != (code_units is None):
            raise ValueError(
                "Expected `code_units` exactly where there are `entities`. "
                f"Received: {code_units}"
            )
        word_ids = WordIds(vocabulary, sentence_length)
        words, reserved = word_ids.vocabulary_size, 1 + word_ids.unknown_words
        # Ids of words that hash: not padding, unknown and stop words.
        self._hashed = np.arange(words) >= reserved
        self._hashed[word_ids.word_id(np.array(stop_words, str)).numpy()] = (
            False
        )
        self.key_hashing = key_hashing
        self.backtracking = backtracking
        super().__init__(
            word_ids=word_ids,
            input_map=_encoding(
                word_ids, units, entities, code_units, encoding=encoding, n=n
            ),
            generalization=Append(memory_size),
            time_encoding=TimeEncoding(memory_size) if time_encoding else None,
            output_map=OutputMap(
                hops,
                addressing,
                k,
                tying="layer_wise",
                update=MappedUpdate(
                    hops - (answers == "memories"),
                    kept=None if entities is None else units - code_units,
                ),
            ),
            response=(
                WordResponse(words, reserved)
                if answers == "words"
                else MemoryResponse()
            ),
            **kwargs,
        )
        self._arguments = {
            "vocabulary": list(vocabulary),
            "sentence_length": sentence_length,
            "memory_size": memory_size,
            "units": units,
            "hops": hops,
            "encoding": encoding,
            "addressing": addressing,
            "k": k,
            "time_encoding": time_encoding,
            "key_hashing": key_hashing,
            "stop_words": list(stop_words),
            "backtracking": backtracking,
            "n": n,
            "answers": answers,
            "entities": None if entities is None else list(entities),
            "code_units": code_units,
        }

    @property
    def remembers_words(self):
        return not self.backtracking or super().remembers_words

    def respond(self, memory, question, support=None, training=False):
        if self.key_hashing:
            memory = self._hash(memory, question)
        if not self.backtracking:
            memory = self._without_returns(memory, question)
        return super().respond(memory, question, support, training)

    def encode_question(self, question):
        return self.input_map.encode_question(question)

    def _hash(self, memory, question):
        """The memory without what shares no word with the question."""
        keys, _ = self.input_map.words(memory.features)
        asked = ops.any(
            ops.one_hot(question, len(self._hashed), dtype="bool"), axis=1
        )
        asked = ops.logical_and(asked, self._hashed)  # (B, V)
        flat = ops.reshape(keys, (-1, keys.shape[1] * keys.shape[2]))
        found = ops.take_along_axis(asked, flat, axis=1)
        found = ops.any(ops.reshape(found, ops.shape(keys)), axis=-1)
        return memory._replace(mask=ops.logical_and(memory.mask, found))

    def _without_returns(self, memory, question):
        """The memory without what leads back to a word of the question."""
        known = 1 + self.word_ids.unknown_words
        back = self.input_map.leads_back(memory.features, question, known)
        return memory._replace(
            mask=ops.logical_and(memory.mask, ops.logical_not(back))
        )


def _encoding(word_ids, units, entities, code_units, **more):
    """I, in which entities have codes if there are any."""
    words = word_ids.vocabulary_size
    if entities is None:
        return KeyValueEncoding(words, units, **more)
    ids = word_ids.known_ids(entities, "entities")
    return EntityEncoding(words, units, ids, code_units, **more)
