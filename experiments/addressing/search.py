"""A trained network whose memory is read through retrieval layers.

Retrieval layers serve a memory that many questions share. Here a story of
thousands of sentences is such a memory: its slots are encoded by the trained
network once, each hop's keys are handed to a retrieval layer of their own, and
the question is answered from the `k` slots that each hop is given.
"""

import time

import numpy as np
import tensorflow as tf
from keras import ops

from experiments.addressing.measure import remember, support_accuracy
from memnet_tf import layers
from memnet_tf.layers.output_map.shared_slots import SharedSlots
from memnet_tf.memory import Memory

K = 10  # slots that a hop is given
QUESTIONS = 50  # that are answered: each story is indexed anew
CLUSTERS = 10  # of words: the vocabularies have 20 to 40
SHORTLIST = 500  # memories that a hash is to find at most
_TIMES = 30  # readings that are timed


class SearchedSlots(SharedSlots):
    """Reads a memory through one retrieval layer a hop.

    Args:
        memory: a `Memory` without batch, features `(S, K + 1, d)`.
        retrievals: a retrieval layer for each hop.
        words: for layers that hash words, word ids of the memories
            `(S, W)` and of the question `(1, W)`; else None. A hop looks
            for words of the question and of the memories that the hops
            before it read most (Weston et al. 2014, eq. 3).
    """

    def __init__(self, memory, retrievals, words=None):
        super().__init__(memory, retrieval=None)
        self.retrievals = retrievals
        self.words = words

    def find(self, state, k, table):
        """Slots and mask `(1, k)` of the best slots."""
        arguments = state, k, self.keys(table), self.memory.mask
        if self.words is None:
            retrieved = self.retrievals[table](*arguments)
        else:
            of_memories, sought = self.words
            retrieved = self.retrievals[table](*arguments, words=sought)
            most_read = ops.take(of_memories, retrieved.slots[:, 0], axis=0)
            sought = ops.concatenate([sought, most_read], axis=1)
            self.words = of_memories, sought
        return retrieved.slots, retrieved.mask


class Story:
    """A question's story in a memory of its own.

    Args:
        network: a trained `models.MemN2N` with adjacent tying.
        story: int ids `(S, W)`.
        question: int ids `(W,)`.
        most_ages: see `measure.remember`.
    """

    def __init__(self, network, story, question, most_ages):
        memory = remember(network, story[None], most_ages)
        memory = network.time_encoding(memory)
        self.memory = Memory(memory.features[0], memory.mask[0], time=None)
        self.network = network
        self.words = tf.constant(story), tf.constant(question[None])
        self.state = network.encode_question(question[None])

    def retrievals(self, search):
        """A retrieval layer for each hop, by the name of a search."""
        hops, words = self.network.hops, self.network.word_ids.vocabulary_size
        if search == "exact":
            return [layers.ExactRetrieval()] * hops
        if search == "ScaNN":
            each = [layers.ScaNNRetrieval() for _ in range(hops)]
            for hop, retrieval in enumerate(each):
                retrieval.index(self.memory.features[:, hop])
            return each
        retrieval = (
            layers.WordHashRetrieval(words, SHORTLIST)
            if search == "word hash"
            else layers.ClusterHashRetrieval(words, CLUSTERS, SHORTLIST)
        )
        embeddings = ops.convert_to_numpy(self.network.input_map.table(0))
        retrieval.index_words(self.words[0], embeddings)
        return [retrieval] * hops

    def read(self, retrievals):
        """The answer's id, and the slot that each hop read most `(K,)`."""
        hashed = isinstance(retrievals[0], layers.WordHashRetrieval)
        source = SearchedSlots(
            self.memory, retrievals, self.words if hashed else None
        )
        output_map = layers.OutputMap(self.network.hops, "top_k", K)
        output, addresses, slots = output_map(self.state, source=source)
        answer = self.network.encode_answer(output, addresses)
        most = ops.argmax(addresses, axis=-1)
        read = ops.take_along_axis(slots, ops.expand_dims(most, -1), axis=-1)
        return ops.argmax(answer[0]), read[0, :, 0]

    def milliseconds(self, retrievals):
        """How long a reading takes, compiled to a graph: the median."""
        read = tf.function(lambda: self.read(retrievals))
        read()
        times = []
        for _ in range(_TIMES):
            started = time.perf_counter()
            read()
            times.append(1000 * (time.perf_counter() - started))
        return float(np.median(times))


SEARCHES = ("exact", "ScaNN", "word hash", "cluster hash")


def measure(network, questions, most_ages, searches=SEARCHES):
    """Errors and times of a network by search.

    Args:
        network: a trained `models.MemN2N` with adjacent tying.
        questions: `data.Questions`; the first 50 are answered.
        most_ages: see `measure.remember`.
        searches: some of `SEARCHES`.

    Returns:
        A dict by search of dicts of `error` and `support` in percent, and
        `read`, milliseconds that the hops of a question take once its story
        is encoded and indexed.
    """
    answers = {search: [] for search in searches}
    slots_read = {search: [] for search in searches}
    milliseconds = {}
    questions = type(questions)(*(ids[:QUESTIONS] for ids in questions))
    for story, question in zip(
        questions.story, questions.question, strict=True
    ):
        told = Story(network, story, question, most_ages)
        for search in searches:
            retrievals = told.retrievals(search)
            answer, slots = told.read(retrievals)
            answers[search].append(int(answer))
            slots_read[search].append(slots.numpy())
            if search not in milliseconds:
                milliseconds[search] = told.milliseconds(retrievals)
    return {
        search: {
            "error": 100 * float(np.mean(answers[search] != questions.answer)),
            "support": support_accuracy(
                questions.support, np.array(slots_read[search])
            ),
            "read": milliseconds[search],
        }
        for search in searches
    }
