"""A network that answers from one large memory of statements."""

import functools

import keras
import numpy as np
from keras import ops

from memnet_tf import saved_model, signatures, text
from memnet_tf.checks import positive_ints
from memnet_tf.layers.input_map.key_value_encoding import KeyValueEncoding
from memnet_tf.layers.output_map.shared_sentences import SharedSentences
from memnet_tf.layers.response.memory_response import MemoryResponse
from memnet_tf.layers.retrieval import flavours
from memnet_tf.layers.state import add_state
from memnet_tf.memory import Memory
from memnet_tf.models.shared_memory_network import answers
from memnet_tf.models.shared_memory_network.texts import Texts
from memnet_tf.network import Network

_AT_ONCE = 8192  # statements encoded at once, to spare memory


@keras.saving.register_keras_serializable("memnet_tf")
class SharedMemoryNetwork(Network):
    """A memory network whose questions share one memory of statements.

    The memory holds the words and the text of each statement, up to
    millions, and is saved with the network. A retrieval layer finds the `k`
    statements that a hop reads, by keys that were encoded when the index
    was made. These `k` are encoded again by the embeddings as they are now,
    so that a step of training costs as much as for a story of `k`
    sentences, and gradients reach I.

    Args:
        word_ids: text to ids, a `layers.WordIds`.
        input_map: I, a `layers.BagOfWords` or `layers.PositionEncoding`. Of
            two `tables`, the first makes keys and the second values.
        output_map: O, a `layers.OutputMap` with a retrieval layer. For more
            than one hop over two tables, with `tying="layer_wise"`.
        response: R: see `MemoryNetwork`; a `layers.MemoryResponse` answers
            with a statement.
        memory_size: `S`, statements remembered at most.
        question_map: I of the question; the keys' I if None.
        candidates: the texts that a `layers.CandidateResponse` chooses
            among.
        backtracking: see `KeyValueMemNN`. Without, I is a
            `layers.KeyValueEncoding`.

    Call arguments:
        inputs: dict of `"question"`, int ids `(B, W)`.

    Output:
        Dict of `"answer"`, scores `(B, N)` of what can be answered (words,
        candidates, or the `k` statements of the last hop), `"addresses"`
        `(B, K, k)` and `"slots"`, int32 `(B, K, k)`: the statements read,
        by their place among those remembered, -1 where there were fewer.

    Example:

    >>> from memnet_tf import layers
    >>> network = SharedMemoryNetwork(
    ...     word_ids=layers.WordIds(["paris", "oslo", "in"], 4),
    ...     input_map=layers.BagOfWords(vocabulary_size=5, units=8, tables=2),
    ...     output_map=layers.OutputMap(
    ...         addressing="top_k", k=2, retrieval=layers.ExactRetrieval()
    ...     ),
    ...     response=layers.MemoryResponse(),
    ...     memory_size=10,
    ... )
    >>> network.remember(["It rains in Oslo.", "Paris sleeps.", "In Oslo?"])
    >>> answer = network.answer("What is in Oslo?")
    >>> answer.text in answer.support[0], answer.slots.shape
    (True, (1, 2))
    """

    def __init__(
        self,
        word_ids,
        input_map,
        output_map,
        response,
        memory_size,
        question_map=None,
        candidates=None,
        backtracking=True,
        **kwargs,
    ):
        if not backtracking and not isinstance(input_map, KeyValueEncoding):
            raise ValueError(
                "Expected `input_map` to be a KeyValueEncoding without "
                f"backtracking. Received: {input_map}"
            )
        if getattr(output_map, "retrieval", None) is None:
            raise ValueError(
                "Expected `output_map` with a retrieval layer, which finds "
                f"the statements to read. Received: {output_map}"
            )
        positive_ints(memory_size=memory_size)
        super().__init__(
            word_ids,
            input_map,
            output_map,
            response,
            question_map,
            candidates,
            **kwargs,
        )
        self.memory_size = memory_size
        self.backtracking = backtracking
        self.build()
        self.answer_text = signatures.shared_answer_function(self)

    def build(self, input_shape=None):
        """Makes every weight, by a symbolic call."""
        slots, length = self.memory_size, self.word_ids.sentence_length
        self.word_ids(keras.KerasTensor((None,), "string"))
        self.input_map(keras.KerasTensor((None, length), "int32"))

        self.ids = add_state(self, "ids", (slots, length), "int32")
        self.keys = add_state(
            self, "keys", (slots, self.input_map.units), "float32"
        )
        self.mask = add_state(self, "mask", (slots,), "bool")
        self.texts = Texts(slots)
        self.retrieval.index(self.keys, self.mask)
        self.call({"question": keras.KerasTensor((None, length), "int32")})
        self.built = True

    @property
    def retrieval(self):
        """The layer that finds what is read."""
        return self.output_map.retrieval

    def remember(self, statements):
        """Remembers statements, in place of those remembered before.

        The index is made of them too: a minute for a million, and more.
        Blank statements take a slot and are never read.

        Args:
            statements: a list of at most `memory_size` strings.

        Raises:
            ValueError: they are not strings, or too many.
        """
        statements = text.as_questions(statements, "statements")
        if len(statements) > self.memory_size:
            raise ValueError(
                f"Expected at most {self.memory_size} `statements`, "
                f"`memory_size`. Received: {len(statements)}"
            )
        ids = np.zeros(self.ids.shape, "int32")
        for start in range(0, len(statements), _AT_ONCE):
            part = slice(start, min(start + _AT_ONCE, len(statements)))
            ids[part] = self.word_ids(statements[part])
        self.ids.assign(ids)
        self.mask.assign(ids.any(axis=1))
        self.texts.assign(statements)
        self.index()

    def encode_keys(self):
        """Encodes the keys by the embeddings as they are now.

        Returns:
            The weight `(S, d)` that holds them.
        """
        ids = ops.convert_to_numpy(self.ids)
        keys = np.zeros(self.keys.shape, "float32")
        last = int(np.sum(np.flatnonzero(ids.any(axis=1))[-1:] + 1))
        for start in range(0, last, _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            keys[part] = ops.convert_to_numpy(self.encode_story(ids[part]))
        self.keys.assign(keys)
        return self.keys

    def index(self):
        """Encodes the keys and makes the index that finds them.

        `remember` and `fit` do it at their end; it is to be done after
        weights were set in other ways. While training,
        `training.IndexRefresh(network.retrieval, network.encode_keys,
        mask=network.mask)` does it.
        """
        self.retrieval.index(self.encode_keys(), self.mask)

    def call(self, inputs, training=False):
        return self.respond(inputs["question"], training=training)

    def respond(self, question, retrieval=None, training=False):
        """The outputs for a question `(B, W)`.

        Args:
            question: int ids `(B, W)`.
            retrieval: a retrieval layer that finds the statements, in place
                of the network's own.
            training: whether this is a step of training.
        """
        source = SharedSentences(
            Memory(self.ids, self.mask, time=None),
            self.keys,
            self.input_map,
            self.retrieval if retrieval is None else retrieval,
            None if self.backtracking else self._leads_back(question),
        )
        output, addresses, slots = self.output_map(
            self.encode_question(question), source=source, training=training
        )
        return {
            "answer": self.encode_answer(output, addresses),
            "addresses": addresses,
            "slots": slots,
        }

    def _leads_back(self, question):
        """Function of ids that tells what `KeyValueEncoding.leads_back`."""
        return functools.partial(
            self.input_map.leads_back,
            question=question,
            known=1 + self.word_ids.unknown_words,
        )

    def encode_story(self, story):
        """The keys `(S, d)` of statements `(S, W)`."""
        if self.input_map.tables is None:
            return self.input_map(story)
        return self.input_map.encode(story, 0, 1)[:, 0]

    def encode_question(self, question):
        if self.question_map is not None:
            return self.question_map(question)
        return self.input_map.encode_question(question)

    def losses_by_default(self):
        if not isinstance(self.response, MemoryResponse):
            return super().losses_by_default()
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
        jit_compile="auto",
        steps_per_execution=32,
        **kwargs,
    ):
        """As `MemoryNetwork.compile`; by XLA where the retrieval can be."""
        super().compile(
            optimizer,
            loss,
            metrics,
            jit_compile,
            steps_per_execution,
            **kwargs,
        )

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """See `MemoryNetwork`. A statement that was not found adds nothing."""
        y = self._among_those_read(y, y_pred)
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        y = self._among_those_read(y, y_pred)
        return super().compute_metrics(x, y, y_pred, sample_weight)

    def _among_those_read(self, y, y_pred):
        """Labels where a statement's slot is its place in the last hop."""
        if not isinstance(self.response, MemoryResponse):
            return y
        label = ops.reshape(ops.cast(y["answer"], "int32"), (-1, 1))
        same = ops.equal(y_pred["slots"][:, -1], label)
        place = ops.argmax(ops.cast(same, "int32"), axis=-1)
        found = ops.any(same, axis=-1)
        return {**y, "answer": ops.where(found, ops.cast(place, "int32"), -1)}

    def fit(
        self, x=None, y=None, batch_size=32, validation_data=None, **kwargs
    ):
        """As `MemoryNetwork.fit`, of `"question"` alone.

        Where the response is a `MemoryResponse`, answers are statements, or
        their slots. The index is made anew at the end.
        """
        history = super().fit(x, y, batch_size, validation_data, **kwargs)
        self.index()
        return history

    def encode(self, x, y=None):
        """Questions and answers as ids; ids are returned as such.

        Args:
            x: as in `fit`.
            y: as in `fit`.
        """
        if not text.is_text(x["question"]):
            return x, y
        return answers.encode(self, x, y)

    def answer(self, questions):
        """Answers questions, as strings.

        Args:
            questions: a string, or a list of strings.

        Returns:
            A `answers.SharedAnswer` with `text`, `score` and, of the `k`
            statements that each hop read, `addresses`, `slots` and
            `support`; or a list of them.

        Raises:
            ValueError: questions are not strings.
        """
        if isinstance(questions, str):
            return self.answer([questions])[0]
        return answers.answer(self, questions)

    def signatures(self):
        """See `MemoryNetwork.signatures`: `serving_default` alone."""
        return signatures.of_shared_memory(self)

    def export(self, filepath, flavour=None, verbose=False):
        """Writes a SavedModel with the memory inside.

        Its signature `serving_default` takes `question`, strings `(batch,)`,
        and gives what `signatures.shared_answer_function` says. The
        vocabulary is inside; a request changes nothing.

        Args:
            filepath: the folder to write, new or an earlier SavedModel. It
                appears when it is whole.
            flavour: how statements are found, one of `flavours.FLAVOURS`;
                None to choose by `memory_size`.
            verbose: whether to print the signature.

        Returns:
            A `saved_model.Exported`: the signature, which finds statements
            as the SavedModel does, and the `flavours.Flavour`, which tells
            what it needs. What is more than TensorFlow stands in
            `assets.extra/requirements.txt`, too.

        Raises:
            ValueError: `filepath` is a folder of other things, or there is
                no such flavour.
            ImportError: the flavour is `scann`, which is not installed.
        """
        chosen = flavours.choose(self.memory_size, flavour)
        retrieval = flavours.retrieval(
            chosen, self.keys, self.mask, self.retrieval
        )
        return saved_model.write(
            filepath,
            [self, retrieval],
            signatures.of_shared_memory(self, retrieval),
            chosen,
            verbose,
        )

    def load_own_variables(self, store):
        super().load_own_variables(store)
        if not self.retrieval.weights:  # else the index is loaded with them
            self.retrieval.index(self.keys, self.mask)

    def get_config(self):
        return {
            **super().get_config(),
            "memory_size": self.memory_size,
            "backtracking": self.backtracking,
        }
