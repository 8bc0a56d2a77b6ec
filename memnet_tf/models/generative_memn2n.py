"""GenerativeMemN2N: a MemN2N that answers in sentences."""

import keras

from memnet_tf import text
from memnet_tf.layers.generalization.append import Append
from memnet_tf.layers.input_map.position_encoding import PositionEncoding
from memnet_tf.layers.input_map.time_encoding import TimeEncoding
from memnet_tf.layers.input_map.word_ids import WordIds
from memnet_tf.layers.output_map.output_map import OutputMap
from memnet_tf.layers.response.sentence_response import SentenceResponse
from memnet_tf.memory_network import MemoryNetwork
from memnet_tf.training.metrics import SentenceAccuracy


@keras.saving.register_keras_serializable("memnet_tf")
class GenerativeMemN2N(MemoryNetwork):
    """Reads as `MemN2N` does, and says its answer word by word.

    - I, G, O: sentences by position encoding with their age, kept in order
      and read in `hops` hops, with adjacent tying (Sukhbaatar et al. 2015);
    - R: a recurrent network that looks at what the hops read for every word
      it says (`layers.SentenceResponse`), as Weston et al. 2014 (section
      3.1) propose for answers of more than a word.

    Answers are words of the vocabulary, in lower case and without
    punctuation. In training the sentences to say are given (teacher
    forcing); `answer` and an export look for the likeliest with `beams`
    beginnings, and their score is the geometric mean of the probabilities
    of its words, the end among them.

    Args:
        vocabulary: the known words, those of answers among them.
        sentence_length: `W`, words kept of a sentence, and said at most.
        memory_size: `S`, sentences remembered; the oldest is forgotten.
        units: `d`, the size of an embedding.
        hops: `K`, how often the memory is read.
        addressing: see `layers.OutputMap`.
        k: see `layers.OutputMap`.
        noise: see `MemN2N`.
        beams: `N`, see `layers.SentenceResponse`.

    Call arguments:
        inputs: as those of `MemoryNetwork`; with `"sentence"`, int ids
            `(B, W)`, the answer to say.

    Output:
        Dict of `"answer"`, logits `(B, W, V)` of each word after those
        before it, and `"addresses"`, `(B, K, S)`. Without a sentence to say
        it is the likeliest that was found, and there are `"sentences"`,
        int32 `(B, N, W)`, the best first, and their `"sentence_scores"`,
        `(B, N)`, as `layers.SentenceResponse` gives them.

    Example:

    >>> network = GenerativeMemN2N(
    ...     ["john", "garden", "is", "in", "the"], sentence_length=6
    ... )
    >>> x = {
    ...     "story": [["John went to the garden"]],
    ...     "question": ["Where is John?"],
    ... }
    >>> network.compile(keras.optimizers.Adam(0.02), jit_compile=False)
    >>> _ = network.fit(x, ["John is in the garden."], epochs=40, verbose=0)
    >>> network.answer(x["story"][0], x["question"][0]).text
    'john is in the garden'
    """

    def __init__(
        self,
        vocabulary,
        sentence_length,
        memory_size=50,
        units=50,
        hops=3,
        addressing="softmax",
        k=None,
        noise=0.1,
        beams=5,
        **kwargs,
    ):
        word_ids = WordIds(vocabulary, sentence_length)
        words, reserved = word_ids.vocabulary_size, 1 + word_ids.unknown_words
        super().__init__(
            word_ids=word_ids,
            input_map=PositionEncoding(words, units, tables=hops + 1),
            generalization=Append(memory_size),
            time_encoding=TimeEncoding(memory_size, noise),
            output_map=OutputMap(hops, addressing, k),
            response=SentenceResponse(words, sentence_length, beams, reserved),
            **kwargs,
        )
        self._arguments = {
            "vocabulary": list(vocabulary),
            "sentence_length": sentence_length,
            "memory_size": memory_size,
            "units": units,
            "hops": hops,
            "addressing": addressing,
            "k": k,
            "noise": noise,
            "beams": beams,
        }

    def call(self, inputs, training=False):
        return self.respond(
            self.remember(inputs["story"], training=training),
            inputs["question"],
            sentence=inputs.get("sentence"),
            training=training,
        )

    def respond(self, memory, question, sentence=None, training=False):
        if self.remembers_words:
            memory = self.encoded(memory)
        memory = self.time_encoding(memory, training=training)
        question = self.encode_question(question)
        output, addresses = self.output_map(question, memory)
        read = output, question, memory.features[:, :, -1], addresses
        outputs = {"addresses": addresses}
        if sentence is None:
            sentences, scores = self.response(*read)
            outputs |= {"sentences": sentences, "sentence_scores": scores}
            sentence = sentences[:, 0]
        outputs["answer"] = self.response(*read, words=sentence)
        return outputs

    def encode_question(self, question):
        return self.input_map.encode_question(question)  # B = A_1

    def encode(self, x, y=None):
        """Stories, questions and answers as ids; ids are returned as such.

        Args:
            x: as in `fit`.
            y: as in `fit`.
        """
        ids, labels = super().encode(x, y)
        if labels is not None and text.is_text(x["question"]):
            ids = {**ids, "sentence": labels["answer"]}
            labels = {"answer": self.response.labels(labels["answer"])}
        return ids, labels

    def losses_by_default(self):
        return {
            "answer": keras.losses.SparseCategoricalCrossentropy(
                from_logits=True, ignore_class=-1, reduction="sum"
            )
        }

    def compile(
        self,
        optimizer="adam",
        loss=None,
        metrics=None,
        jit_compile=True,
        steps_per_execution=32,
        **kwargs,
    ):
        """As `Network.compile`; the accuracy is that of whole sentences."""
        super().compile(
            optimizer,
            loss,
            metrics or {"answer": SentenceAccuracy()},
            jit_compile,
            steps_per_execution,
            **kwargs,
        )
