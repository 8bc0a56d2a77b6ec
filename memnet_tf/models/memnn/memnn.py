"""MemNN: Memory Networks (Weston, Chopra & Bordes 2014, arXiv 1410.3916)."""

import keras
from keras import ops

from memnet_tf.layers.generalization.append import Append
from memnet_tf.layers.input_map.bag_of_ngrams import with_ngrams
from memnet_tf.layers.input_map.word_ids import WordIds
from memnet_tf.memory_network import MemoryNetwork
from memnet_tf.models.memnn.dictionary import Neighbours, Reading
from memnet_tf.models.memnn.supporting_memories import SupportingMemories
from memnet_tf.models.memnn.word_ranking import WordRanking
from memnet_tf.training.losses import MarginRanking, PairwiseMarginRanking

_HASHES = 1024  # ids of unknown words as text comes in
_NGRAMS = 2048  # ids that n-grams share


@keras.saving.register_keras_serializable("memnet_tf")
class MemNN(MemoryNetwork):
    """Memory network with hard reads, trained with supporting memories.

    I and G write the words of a sentence to the next slot as they are. O
    finds `k` supporting memories by hard max, R ranks the words as the
    answer; both by embeddings of bags of words, with a matrix each, `U_O`
    and `U_R`, in which every word has three representations. Trained by
    margin ranking (eq. 6 to 8), hops reading the labelled support.

    Args:
        vocabulary: the known words, answers among them.
        sentence_length: `W`, words kept of a sentence.
        memory_size: `S`, sentences remembered; the oldest is forgotten.
        units: `n`, the size of an embedding.
        k: supporting memories, 1 or 2 in the paper.
        time: whether memories are compared by their write time.
        unknown_words: `M`; 0, or how many words that training never saw a
            story may tell apart. They are known by their neighbours
            (section 3.5) and can be the answer.
        unknown_rate: the fraction of known words that training treats as
            unknown, where `unknown_words` is not 0.
        match: whether words that match have embeddings of their own
            (section 3.6).
        n: words of the longest n-gram that a sentence is a bag of (Weston et
            al. 2015, 1502.05698, section 5); 1 for words alone.
        nonlinear: whether what R ranks by passes a nonlinear map (the same).
        margin: of the ranking.
        negatives: wrong memories and wrong words drawn for each right one.

    Example:

    >>> network = MemNN(["joe", "garden", "office"], sentence_length=5)
    >>> answer = network.answer(["Joe is in the garden"], "Where is Joe?")
    >>> answer.addresses.tolist()
    [[1.0], [1.0]]
    """

    support_output = "preferences"

    def __init__(
        self,
        vocabulary,
        sentence_length,
        memory_size=50,
        units=100,
        k=2,
        time=True,
        unknown_words=0,
        unknown_rate=0.1,
        match=False,
        n=1,
        nonlinear=False,
        margin=0.1,
        negatives=10,
        **kwargs,
    ):
        if n > 1 and unknown_words:
            raise ValueError(
                "Expected no `unknown_words` with n-grams. Received: "
                f"n={n}, unknown_words={unknown_words}"
            )
        self.n = n
        hashes = _HASHES if unknown_words else 1
        word_ids = WordIds(vocabulary, sentence_length, hashes)
        ids = 1 + (unknown_words or 1) + len(vocabulary)
        question_map, reserved = None, 2
        ngrams = _NGRAMS if n > 1 else 0
        if unknown_words:
            question_map = Neighbours(
                len(vocabulary), hashes, unknown_words, unknown_rate
            )
            reserved = 1
        super().__init__(
            word_ids=word_ids,
            input_map=keras.layers.Identity(),
            question_map=question_map,
            generalization=Append(memory_size),
            output_map=SupportingMemories(
                ids + ngrams, units, k, time, match, unknown_words
            ),
            response=WordRanking(
                ids,
                units,
                reserved,
                k if match else 0,
                unknown_words,
                ngrams,
                k if nonlinear else 0,
            ),
            **kwargs,
        )
        self._arguments = {
            "vocabulary": list(vocabulary),
            "sentence_length": sentence_length,
            "memory_size": memory_size,
            "units": units,
            "k": k,
            "time": time,
            "unknown_words": unknown_words,
            "unknown_rate": unknown_rate,
            "match": match,
            "n": n,
            "nonlinear": nonlinear,
            "margin": margin,
            "negatives": negatives,
        }

    def respond(self, memory, question, support=None, training=False):
        story = ops.where(ops.expand_dims(memory.mask, -1), memory.features, 0)
        reading = Reading(self._ngrams(story), self._ngrams(question))
        if self.question_map is not None:
            reading = Reading(
                *self.question_map(story, question, training=training)
            )
        found, addresses, preferences = self.output_map(
            reading.story,
            reading.question,
            memory.mask,
            contexts=reading.contexts,
            support=support,
            training=training,
        )
        return {
            "answer": self.response(
                reading.question,
                found,
                contexts=reading.contexts,
                spelling=reading.spelling,
            ),
            "addresses": addresses,
            "preferences": preferences,
        }

    def _ngrams(self, ids):
        """The n-grams of sentences, too, where they are bags of such."""
        words = self.word_ids.vocabulary_size
        return with_ngrams(ids, self.n, words, _NGRAMS)

    def losses_by_default(self):
        margin = self._arguments["margin"]
        negatives = self._arguments["negatives"]
        return {
            "answer": MarginRanking(margin, negatives),
            "preferences": PairwiseMarginRanking(margin, negatives),
        }
