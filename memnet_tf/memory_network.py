"""The composition: y = R(O(G(I(x), m), I(q)))."""

import keras
from keras import ops

from memnet_tf import text
from memnet_tf.layers.input_map.bag_of_words import BagOfWords
from memnet_tf.layers.output_map.output_map import OutputMap
from memnet_tf.memory import Memory
from memnet_tf.network import Network


@keras.saving.register_keras_serializable("memnet_tf")
class MemoryNetwork(Network):
    """A network that reads a story into memory and answers a question.

    Every memory network is a choice of four parts (Weston et al. 2014):
    I turns words into features, G writes them to memory, O reads the memory
    for the question, R answers with what was read. The models of
    `memnet_tf.models` are such choices; this class composes any others.

    Args:
        word_ids: text to ids, a `layers.WordIds`.
        input_map: I, ids `(B, S, W)` to features.
        generalization: G, features to a `Memory`.
        output_map: O, question features and memory to what was read.
        response: R: a `layers.WordResponse` to answer with a word of the
            vocabulary, a `layers.CandidateResponse` or a
            `layers.MatchingResponse` with one of `candidates`, a
            `layers.MemoryResponse` with a sentence of the story.
        question_map: I of the question, ids `(B, W)` to `(B, d)`;
            `input_map` if None.
        time_encoding: a layer that marks memories with their age, or None.
        candidates: the texts that a `CandidateResponse` chooses among.

    Call arguments:
        inputs: dict of `"story"`, int ids `(B, T, W)`, sentences in order
            of time, and `"question"`, int ids `(B, W)`. With `"support"`,
            int `(B, K)`, the slots that hops should read, hard addressing
            is taught by them in training.

    Output:
        Dict of `"answer"`, scores `(B, N)` of what can be answered (words,
        candidates or slots), and `"addresses"`, `(B, K, S)`;
        with hard addressing also `"scores"`, `(B, K, S)`, which margin
        ranking trains where support is known.

    Example:

    >>> from memnet_tf import layers
    >>> network = MemoryNetwork(
    ...     word_ids=layers.WordIds(["john", "garden"], sentence_length=4),
    ...     input_map=layers.BagOfWords(vocabulary_size=4, units=8),
    ...     generalization=layers.Append(slots=5),
    ...     output_map=layers.OutputMap(hops=2),
    ...     response=layers.WordResponse(vocabulary_size=4, reserved=2),
    ... )
    >>> answer = network.answer(["John is in the garden"], "Where is John?")
    >>> answer.text in ("john", "garden"), answer.addresses.shape
    (True, (2, 1))
    """

    parts = (*Network.parts, "generalization", "time_encoding")
    support_output = "scores"  # the output that labels of support train
    # Whether O spends no time on slots beyond the sentences of a batch: of a
    # new memory, that `Append` fills from the first, they are empty.
    leaves_out_empty_slots = False

    def __init__(
        self,
        word_ids,
        input_map,
        generalization,
        output_map,
        response,
        question_map=None,
        time_encoding=None,
        candidates=None,
        **kwargs,
    ):
        super().__init__(
            word_ids,
            input_map,
            output_map,
            response,
            question_map,
            candidates,
            **kwargs,
        )
        self.generalization = generalization
        self.time_encoding = time_encoding
        self.answer_text = text.answer_function(self)
        self.build()

    def build(self, input_shape=None):
        """Makes every weight, by a symbolic call."""
        slots = self.generalization.slots
        length = self.word_ids.sentence_length
        self.word_ids(keras.KerasTensor((None,), "string"))
        story = keras.KerasTensor((None, slots, length), "int32")
        question = keras.KerasTensor((None, length), "int32")
        if self.remembers_words:  # parts that a call need not touch
            memory = self.generalization(self.encode_story(story))
            if self.time_encoding is not None:
                self.time_encoding(memory)
        self.call({"story": story, "question": question})
        self.built = True

    def call(self, inputs, training=False):
        memory = self.remember(inputs["story"], training=training)
        slots, sentences = memory.mask.shape[1], inputs["story"].shape[1]
        used = slots
        if self.leaves_out_empty_slots and sentences:
            used = min(slots, sentences)
        outputs = self.respond(
            Memory(*(part[:, :used] for part in memory)),
            inputs["question"],
            support=inputs.get("support"),
            training=training,
        )
        room = [(0, 0), (0, 0), (0, slots - used)]
        return {**outputs, "addresses": ops.pad(outputs["addresses"], room)}

    def remember(self, story, memory=None, training=False, encode=None):
        """G(I(x), m): a `Memory` that holds the story `(B, T, W)` too.

        Args:
            story: ids of its sentences.
            memory: the `Memory` to write to; a new, empty one if None.
            training: whether this is training.
            encode: what is called in place of `encode_story`.
        """
        written = ops.any(ops.not_equal(story, 0), axis=-1)
        features = story
        if not self.remembers_words:
            features = (encode or self.encode_story)(story)
        return self.generalization(features, memory, written=written)

    def respond(self, memory, question, support=None, training=False):
        """R(O(m, I(q))): the outputs for a question `(B, W)`."""
        encoders = None
        said = self.words_said(memory, question) if self.matches else None
        if self.encodes_what_it_reads:
            encoders = self.input_map, self.time_encoding
        elif self.remembers_words:
            memory = self.encoded(memory)
        if encoders is None and self.time_encoding is not None:
            memory = self.time_encoding(memory, training=training)
        options = {}
        if isinstance(self.output_map, OutputMap):
            options = {
                "support": support,
                "encoders": encoders,
                "return_scores": self.output_map.addressing == "hard",
                "training": training,
            }
        output, addresses, *scores = self.output_map(
            self.encode_question(question), memory, **options
        )
        outputs = {
            "answer": self.encode_answer(output, addresses, said),
            "addresses": addresses,
        }
        if scores:
            outputs["scores"] = ops.where(
                ops.expand_dims(memory.mask, 1), scores[0], -3e4
            )
        return outputs

    @property
    def memory_size(self):
        """Sentences of a story that training keeps, the newest."""
        return self.generalization.slots

    @property
    def remembers_words(self):
        """Whether the memory holds word ids.

        So it does where O encodes what it reads, and where R `matches`.
        """
        return self.matches or self.encodes_what_it_reads

    @property
    def encodes_what_it_reads(self):
        """Whether O reads few of the sentences of I's bags of words."""
        return (
            isinstance(self.output_map, OutputMap)
            and self.output_map.reads_few
            and isinstance(self.input_map, BagOfWords)
        )

    def words_said(self, memory, question):
        """The words `(B, S + 1, W)` of a memory of words and a question."""
        filled = ops.expand_dims(memory.mask, -1)
        story = ops.where(filled, memory.features, 0)
        question = ops.expand_dims(question, 1)
        return ops.concatenate([story, question], axis=1)

    def encoded(self, memory):
        """A memory of words with their features instead."""
        return memory._replace(features=self.encode_story(memory.features))

    def within_length(self, ids):
        """Ids `(..., W)` without the padding beyond a sentence's length.

        For a map whose words have places, of which there are no more.
        """
        return ids[..., : self.word_ids.sentence_length]

    def encode_story(self, story):
        """I, each sentence of ids `(B, T, W)` by itself."""
        return self.input_map(story)

    def encode(self, x, y=None):
        """Stories, questions and answers as ids; ids are returned as such.

        Args:
            x: as in `fit`.
            y: as in `fit`.
        """
        if not text.is_text(x["question"]):
            return x, y
        return text.encode(self, x, y)

    def answer(self, stories, questions):
        """Answers questions about stories, all as strings.

        Args:
            stories: a list of sentences in order of time; or, for several
                questions, a list of such lists.
            questions: a string, or a list of strings.

        Returns:
            An `Answer` with `text`, `score`, `addresses` of shape
            `(hops, sentences)` and `support`; or a list of them.

        Raises:
            ValueError: stories or questions are not strings, or there are
                not as many of the one as of the other.
        """
        if isinstance(questions, str):
            return self.answer([stories], [questions])[0]
        return text.answer(self, stories, questions)

    def signatures(self):
        """What an export offers: a dict of `signatures.Signature`s by name.

        Text in, text out: see `memnet_tf.signatures.of_stories`.
        """
        return text.of_stories(self)

    def export(self, filepath, verbose=False):
        """Writes a SavedModel with the network's `signatures`.

        The inputs of `serving_default` are `story`, strings `(batch,
        sentences)` in order of time and padded with "", and `question`,
        strings `(batch,)`. The vocabulary is inside; a request changes
        nothing.

        Args:
            filepath: the folder to write, new or an earlier SavedModel. It
                appears when it is whole.
            verbose: whether to print the signatures.

        Returns:
            A `saved_model.Exported`: the signatures that were written.

        Raises:
            ValueError: `filepath` is a folder of other things.
        """
        return text.write_saved_model(self, filepath, verbose=verbose)
