"""The composition: y = R(O(G(I(x), m), I(q)))."""

import os

import keras
import numpy as np
from keras import ops

from memnet_tf import feeding, files, text
from memnet_tf.layers.input_map.bag_of_words import BagOfWords
from memnet_tf.layers.output_map.output_map import OutputMap
from memnet_tf.layers.response.candidate_response import CandidateResponse
from memnet_tf.layers.response.memory_response import MemoryResponse
from memnet_tf.layers.response.word_response import WordResponse

# Arguments of `fit` that Keras takes with arrays only.
_OF_ARRAYS = {
    "class_weight",
    "sample_weight",
    "steps_per_epoch",
    "validation_split",
}
_PARTS = (
    "word_ids",
    "input_map",
    "generalization",
    "output_map",
    "response",
    "question_map",
    "time_encoding",
)


@keras.saving.register_keras_serializable("memnet_tf")
class MemoryNetwork(keras.Model):
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
            vocabulary, a `layers.CandidateResponse` with one of
            `candidates`, a `layers.MemoryResponse` with a sentence of the
            story.
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

    support_output = "scores"  # the output that labels of support train

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
        super().__init__(**kwargs)
        if isinstance(response, CandidateResponse) != bool(candidates):
            raise ValueError(
                "Expected `candidates` exactly where `response` chooses among "
                f"them. Received: {type(response).__name__} and {candidates}"
            )
        self.word_ids = word_ids
        self.input_map = input_map
        self.generalization = generalization
        self.output_map = output_map
        self.response = response
        self.question_map = question_map
        self.time_encoding = time_encoding
        self.candidates = list(candidates or [])
        if self.candidates:
            self._candidate_ids = word_ids(self.candidates).numpy()
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
        return self.respond(
            memory,
            inputs["question"],
            support=inputs.get("support"),
            training=training,
        )

    def remember(self, story, memory=None, training=False):
        """G(I(x), m): a `Memory` that holds the story `(B, T, W)` too."""
        written = ops.any(ops.not_equal(story, 0), axis=-1)
        features = story if self.remembers_words else self.encode_story(story)
        return self.generalization(features, memory, written=written)

    def respond(self, memory, question, support=None, training=False):
        """R(O(m, I(q))): the outputs for a question `(B, W)`."""
        hard = self.output_map.addressing == "hard"
        encoders = None
        if self.remembers_words:
            encoders = self.input_map, self.time_encoding
        elif self.time_encoding is not None:
            memory = self.time_encoding(memory, training=training)
        output, addresses, *scores = self.output_map(
            self.encode_question(question),
            memory,
            support=support,
            encoders=encoders,
            return_scores=hard,
            training=training,
        )
        outputs = {
            "answer": self.encode_answer(output, addresses),
            "addresses": addresses,
        }
        if hard:
            outputs["scores"] = ops.where(
                ops.expand_dims(memory.mask, 1), scores[0], -3e4
            )
        return outputs

    @property
    def remembers_words(self):
        """Whether the memory holds word ids, and O encodes what it reads.

        So it does where O reads few of the sentences of I's bags of words.
        """
        return (
            isinstance(self.output_map, OutputMap)
            and self.output_map.reads_few
            and isinstance(self.input_map, BagOfWords)
        )

    def encode_story(self, story):
        return self.input_map(story)

    def encode_question(self, question):
        return (self.question_map or self.input_map)(question)

    def encode_answer(self, output, addresses):
        if isinstance(self.response, MemoryResponse):
            shares = self.response(addresses)
            return ops.log(ops.maximum(shares, 1e-7))
        if self.candidates:
            return self.response(output, self._candidate_ids)
        return self.response(output)

    @property
    def hops(self):
        """`K`, how often the memory is read."""
        return self.output_map.hops

    def losses_by_default(self):
        """What `compile` trains where it is given no `loss`."""
        # Id 1 is an answer outside the vocabulary, which nobody can give.
        words = isinstance(self.response, WordResponse)
        return {
            "answer": keras.losses.SparseCategoricalCrossentropy(
                from_logits=True,
                ignore_class=1 if words else None,
                reduction="sum",
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
        """As `keras.Model.compile`, with defaults that are fast on a CPU.

        Without `loss` it trains the answers (the cross entropy, summed over
        the batch as the papers do) and without `metrics` it reports their
        accuracy. XLA and several steps per call are worth a factor of six.
        Losses and metrics are dicts by the name of the output.
        """
        metrics = metrics or {
            "answer": keras.metrics.SparseCategoricalAccuracy("accuracy")
        }
        loss = loss or self.losses_by_default()
        self._trained, self._measured = tuple(loss), tuple(metrics)
        super().compile(
            optimizer=optimizer,
            loss=loss,
            metrics=metrics,
            jit_compile=jit_compile,
            steps_per_execution=steps_per_execution,
            **kwargs,
        )

    def compile_from_config(self, config):
        """Compiles as a saved model was."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The losses that `compile` was given; other labels are left out."""
        y = {name: y[name] for name in self._trained}
        y_pred = {name: y_pred[name] for name in self._trained}
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Metrics of the outputs that `compile` was given metrics for."""
        y = {name: y[name] for name in self._measured}
        y_pred = {name: y_pred[name] for name in self._measured}
        return super().compute_metrics(x, y, y_pred, sample_weight)

    def fit(
        self, x=None, y=None, batch_size=32, validation_data=None, **kwargs
    ):
        """As `keras.Model.fit`; `x` and `y` may also be strings.

        Args:
            x: dict of `"story"`, `"question"` and optionally `"support"`:
                ids as in `call`, or a list of stories (each a list of
                sentences), a list of strings and, for each question, the
                list of sentences (counted from 0) that answer it.
            y: answers as strings, or a dict of labels. Anything else that
                `keras.Model.fit` takes, such as a dataset, is handed on.
            batch_size: examples per step. The last batch of arrays is
                filled with examples drawn again, so that XLA meets one
                shape only.
            validation_data: `(x, y)` of the same kind.
            **kwargs: see `keras.Model.fit`.
        """
        if isinstance(x, dict):
            x, y = self.encode(x, y)
            x, y = _fill_last_batch(x, y, batch_size)
            if validation_data is not None:
                validation_data = self.encode(*validation_data)
            if _OF_ARRAYS.isdisjoint(kwargs) and _on_tensorflow():
                shuffle = kwargs.pop("shuffle", True)
                x, y = feeding.batches((x, y), batch_size, shuffle), None
                kwargs["shuffle"] = False  # the dataset does
            else:
                kwargs["batch_size"] = batch_size
        return super().fit(x, y, validation_data=validation_data, **kwargs)

    def evaluate(self, x=None, y=None, **kwargs):
        """As `keras.Model.evaluate`; `x` and `y` may also be strings."""
        if isinstance(x, dict):
            x, y = self.encode(x, y)
        return super().evaluate(x, y, **kwargs)

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

        Raises:
            ValueError: `filepath` is a folder of other things.
        """
        text.write_saved_model(self, filepath, verbose=verbose)

    def save(self, filepath, overwrite=True, **kwargs):
        """As `keras.Model.save`; a save that fails leaves the old file.

        Raises:
            FileExistsError: the file is there, and `overwrite` is False.
        """
        if not overwrite and os.path.exists(filepath):
            raise FileExistsError(f"Expected a new file. Received: {filepath}")
        with files.replaced(filepath) as unfinished:
            super().save(unfinished, **kwargs)

    def get_config(self):
        parts = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in _PARTS
        }
        return {
            **super().get_config(),
            **parts,
            "candidates": self.candidates,
        }

    @classmethod
    def from_config(cls, config):
        parts = {
            name: keras.saving.deserialize_keras_object(config[name])
            for name in _PARTS
            if name in config
        }
        return cls(**{**config, **parts})


def _on_tensorflow():
    return keras.backend.backend() == "tensorflow"


def _fill_last_batch(x, y, batch_size):
    """Repeats random examples so that the batches are all of one size."""
    count = len(x["question"])
    extra = -count % batch_size
    if not extra:
        return x, y
    again = keras.random.randint((extra,), 0, count)
    rows = np.append(np.arange(count), ops.convert_to_numpy(again))
    return keras.tree.map_structure(lambda a: np.asarray(a)[rows], (x, y))
