"""What every network has: parts, training on text, and a file."""

import os
from typing import Any

import keras
import numpy as np
from keras import ops

from memnet_tf import feeding, files, presets
from memnet_tf.layers.response.candidate_response import CandidateResponse
from memnet_tf.layers.response.matching_response import MatchingResponse
from memnet_tf.layers.response.memory_response import MemoryResponse
from memnet_tf.layers.response.sentence_response import SentenceResponse
from memnet_tf.layers.response.word_response import WordResponse

# Arguments of `fit` that Keras takes with arrays only.
_OF_ARRAYS = {
    "class_weight",
    "sample_weight",
    "steps_per_epoch",
    "validation_split",
}


class Network(keras.Model):
    """The base of networks that answer questions: how they are trained.

    Networks differ in what they remember and read: they give `call`, with an
    output `"answer"`, and `encode`, which turns text into ids.

    Args:
        word_ids: text to ids, a `layers.WordIds`.
        input_map: I, ids to features.
        output_map: O, question features and memory to what was read.
        response: R: a `layers.WordResponse`, a `layers.CandidateResponse` or
            a `layers.MemoryResponse`.
        question_map: I of the question; `input_map` if None.
        candidates: the texts that a `CandidateResponse` chooses among.
    """

    # Attributes that are layers, and arguments of `__init__`.
    parts: tuple[str, ...] = (
        "word_ids",
        "input_map",
        "output_map",
        "response",
        "question_map",
    )
    # Of a model that makes its parts itself, what it makes them of.
    _arguments: Any = None

    def __init__(
        self,
        word_ids,
        input_map,
        output_map,
        response,
        question_map=None,
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
        self.output_map = output_map
        self.response = response
        self.question_map = question_map
        self.candidates = list(candidates or [])
        if self.candidates:
            ids = word_ids(self.candidates).numpy()
            longest = max(1, int(np.max(np.count_nonzero(ids, axis=1))))
            self._candidate_ids = ids[:, :longest]

    def encode(self, x, y=None):
        """Text as ids, as `call` takes them, and labels by their output.

        Args:
            x: as in `fit`.
            y: as in `fit`.
        """
        raise NotImplementedError

    def encode_question(self, question):
        return (self.question_map or self.input_map)(question)

    @property
    def matches(self):
        """Whether R is told the words that were said before."""
        return isinstance(self.response, MatchingResponse)

    def encode_answer(self, output, addresses, said=None):
        """R.

        Args:
            output: `(B, d)`, what O read.
            addresses: `(B, K, S)`, with which it did.
            said: int `(B, ..., W)`, the words said before, where R `matches`.

        Raises:
            ValueError: R needs more than these.
        """
        if isinstance(self.response, SentenceResponse):
            raise ValueError(
                "Expected `response` to answer with what O read. Received: "
                "SentenceResponse, which looks at the memory for every word: "
                "`models.GenerativeMemN2N` hands it that"
            )
        if isinstance(self.response, MemoryResponse):
            shares = self.response(addresses)
            return ops.log(ops.maximum(shares, 1e-7))
        if self.matches:
            return self.response(output, self._candidate_ids, said)
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

    def save(self, filepath, overwrite=True, **kwargs):
        """As `keras.Model.save`; a save that fails leaves the old file.

        Raises:
            FileExistsError: the file is there, and `overwrite` is False.
        """
        if not overwrite and os.path.exists(filepath):
            raise FileExistsError(f"Expected a new file. Received: {filepath}")
        with files.replaced(filepath) as unfinished:
            super().save(unfinished, **kwargs)

    @classmethod
    def from_preset(cls, name):
        """A trained network that comes with the library.

        Args:
            name: one of `memnet_tf.presets.names()`.

        Raises:
            ValueError: there is no such preset, it is of another class, or
                its file is not the one that was published.

        Example:

        >>> network = Network.from_preset("memnn_simulated_world")
        >>> network.answer(["Ann went to the attic"], "Where is Ann?").text
        'attic'
        """
        network = presets.load(name)
        if not isinstance(network, cls):
            raise ValueError(
                f"Expected a preset of {cls.__name__}. Received: {name!r}, of "
                f"{type(network).__name__}"
            )
        return network

    def get_config(self):
        config = super().get_config()
        if self._arguments is not None:
            return {**config, **self._arguments}
        parts = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in self.parts
        }
        return {**config, **parts, "candidates": self.candidates}

    @classmethod
    def from_config(cls, config):
        parts = {
            name: keras.saving.deserialize_keras_object(config[name])
            for name in cls.parts
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
