"""MemN2N: End-To-End Memory Networks (Sukhbaatar et al. 2015, 1503.08895)."""

import functools
from typing import Any

import keras

from memnet_tf.layers.generalization.append import Append
from memnet_tf.layers.input_map.bag_of_words import BagOfWords
from memnet_tf.layers.input_map.position_encoding import PositionEncoding
from memnet_tf.layers.input_map.time_encoding import TimeEncoding
from memnet_tf.layers.input_map.word_ids import WordIds
from memnet_tf.layers.output_map.output_map import OutputMap
from memnet_tf.layers.response.of_candidates import entity_ids, response_of
from memnet_tf.memory_network import MemoryNetwork

ENCODINGS = ("position", "bag_of_words")


@keras.saving.register_keras_serializable("memnet_tf")
class MemN2N(MemoryNetwork):
    """End-to-end memory network: soft reads in hops, trained from answers.

    With sentence `x_i`, question `q` and embeddings `A_k`, `C_k` of hop `k`
    (section 2): `u_1 = B q`; `p = softmax(u_k . A_k x_i)`;
    `u_{k+1} = u_k + sum_i p_i C_k x_i`; the answer is
    `softmax(W u_{K+1})`.

    Args:
        vocabulary: the known words, answers among them.
        sentence_length: `W`, words kept of a sentence.
        memory_size: `S`, sentences remembered; the oldest is forgotten.
        units: `d`, the size of an embedding.
        hops: `K`, how often the memory is read.
        tying: `"adjacent"`: `A_{k+1} = C_k`, `B = A_1`, `W^T = C_K`;
            `"layer_wise"`: the same `A` and `C` in every hop and
            `u_{k+1} = H u_k + o_k`.
        addressing: see `layers.OutputMap`.
        k: see `layers.OutputMap`.
        encoding: `"position"` or `"bag_of_words"`.
        formula: of the position encoding, `"paper"` or `"published_code"`.
        time_encoding: whether memories carry their age.
        noise: empty memories put between others in training, as a fraction
            (random noise, section 4.1).
        linear_start: begin without addressing; see `training.LinearStart`.
        candidates: the texts to answer with, in place of a word; `W` is then
            a table of its own.
        entities: a dict of lists of words by type, for candidates that are
            to match what was said; see `layers.MatchingResponse`.
        latest: see `layers.MatchingResponse`.

    Example:

    >>> network = MemN2N(["john", "garden", "office"], sentence_length=5)
    >>> answer = network.answer(["John is in the garden"], "Where is John?")
    >>> answer.addresses.shape
    (3, 1)
    """

    def __init__(
        self,
        vocabulary,
        sentence_length,
        memory_size=50,
        units=20,
        hops=3,
        tying="adjacent",
        addressing="softmax",
        k=None,
        encoding="position",
        formula="paper",
        time_encoding=True,
        noise=0.1,
        linear_start=False,
        candidates=None,
        entities=None,
        latest=False,
        **kwargs,
    ):
        if encoding not in ENCODINGS:
            raise ValueError(
                f"Expected `encoding` to be one of {ENCODINGS}. "
                f"Received: {encoding!r}"
            )
        word_ids = WordIds(vocabulary, sentence_length)
        words = word_ids.vocabulary_size
        output_map = OutputMap(
            hops,
            addressing,
            k,
            tying,
            linear_start,
            update=self.make_update(hops),
        )
        adjacent = tying == "adjacent"
        tables = hops + 1 if adjacent else 2
        types = entity_ids(word_ids, entities)
        encoder: Any = functools.partial(BagOfWords, words, units, types=types)
        if encoding == "position":
            encoder = functools.partial(
                PositionEncoding, words, units, formula=formula, types=types
            )
        super().__init__(
            word_ids=word_ids,
            input_map=encoder(tables=tables),
            question_map=None if adjacent else encoder(),
            generalization=Append(memory_size),
            time_encoding=(
                TimeEncoding(memory_size, noise) if time_encoding else None
            ),
            output_map=output_map,
            response=response_of(
                word_ids, candidates, entities, adjacent, latest
            ),
            candidates=candidates,
            **kwargs,
        )
        self._arguments = {
            "vocabulary": list(vocabulary),
            "sentence_length": sentence_length,
            "memory_size": memory_size,
            "units": units,
            "hops": hops,
            "tying": tying,
            "addressing": addressing,
            "k": k,
            "encoding": encoding,
            "formula": formula,
            "time_encoding": time_encoding,
            "noise": noise,
            "linear_start": linear_start,
            "candidates": candidates,
            "entities": entities,
            "latest": latest,
        }

    def make_update(self, hops):
        """How a hop updates the state; None adds what it read."""
        return None

    def encode_question(self, question):
        if self.question_map is not None:
            return self.question_map(question)
        return self.input_map.encode_question(question)  # B = A_1

    def encode_answer(self, output, addresses, said=None):
        if self.question_map is not None or self.candidates:
            return super().encode_answer(output, addresses, said)
        return self.response(output, self.input_map.table(-1))  # W^T = C_K
