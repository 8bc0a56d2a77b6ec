"""O: read the memory for a question, in hops."""

import itertools

import keras
from keras import ops

from memnet_tf.layers.output_map import addressing as _addressing
from memnet_tf.layers.output_map.sentences import Sentences
from memnet_tf.layers.output_map.shared_slots import SharedSlots

ADDRESSING = ("softmax", "padded_softmax", "hard", "top_k", "stick_breaking")
TYING = ("adjacent", "layer_wise")
LAYERS = ("retrieval", "update", "score", "read")  # that are arguments


@keras.saving.register_keras_serializable("memnet_tf")
class OutputMap(keras.Layer):
    """Reads a memory in `hops` hops (Sukhbaatar et al. 2015, section 2.2).

    With question state `u` (at first the question's features), each hop
    scores every slot by its key, turns scores into addresses and adds what
    is read to the state:

    1. scores `s_i = u . key_i`
    2. addresses `p = addressing(s)`
    3. read `o = sum_i p_i value_i`
    4. next state `u + o`, or `H u + o` when layer-wise.

    Layers may stand in place of steps 1, 3 and 4: `score`, `read` and
    `update`.

    Where keys and values come from depends on what a slot holds. One vector
    `(B, S, d)` is both. Several embeddings `(B, S, E, d)` follow `tying`:
    adjacent takes embedding `k` as the keys of hop `k` and embedding `k + 1`
    as its values, so `E = hops + 1`; layer-wise takes embedding 0 as keys
    and 1 as values in every hop, so `E = 2`.

    Args:
        hops: `K`, how often the memory is read.
        addressing: `"softmax"`; `"padded_softmax"`, in which empty slots
            take part with a score of 0, so that a hop may read next to
            nothing; `"hard"`, the best slot alone, trained by a
            straight-through estimator, or by margin ranking of the returned
            scores where `support` is given; `"top_k"`, the softmax over the
            `k` best; `"stick_breaking"`, the newest slot that matches.
        k: slots that `"top_k"` reads.
        tying: `"adjacent"` or `"layer_wise"`, which learns a matrix `H`
            where there is no update layer.
        linear_start: keep a switch (the weight `linear`, at first 1) that
            replaces addressing by the bare scores, until
            `training.LinearStart` turns it off.
        retrieval: for a large memory that all questions share, the retrieval
            layer that finds the `k` slots `"top_k"` reads; call `index`
            first, and again when the memory has changed much.
        update: a layer such as `GatedUpdate`, called with the state and what
            was read, `(B, d)` each, and with `hop`, an int from 0, and
            `question`; it returns the next state `(B, d)`.
        score: a layer such as `InteractionScore`, called with the question,
            the state and keys `(B, S, d)`; it returns scores `(B, S)`.
        read: a layer such as `AttentionGRU`, called with values `(B, S, d)`
            and addresses `(B, S)`; it returns what was read, `(B, d)`.

    Call arguments:
        question: `(B, d)`.
        memory: a `Memory` of `S` slots. Behind a retrieval layer it has no
            axis of the batch: features `(S, d)` or `(S, 2, d)`, the key of
            every hop and its value, mask `(S,)`.
        support: int `(B, K)`, the slot that each hop should read. Given in
            training with hard addressing, hops read it instead of the slot
            they chose (teacher forcing).
        encoders: for a memory of word ids `(B, S, W)`, of which `"top_k"`
            encodes only what it reads: a tuple of I, a `BagOfWords`, and a
            `TimeEncoding` or None.
        source: in place of a memory, what finds and encodes the `k` slots
            that `"top_k"` reads, such as `SharedSentences`.
        return_scores: whether to also return `scores (B, K, S)`.

    Output:
        `(output (B, d), addresses (B, K, S))`, and the scores if asked for.
        The output is the last state `u`. Behind a retrieval layer `(output,
        addresses (B, K, k), slots (B, K, k))`: the addresses of the slots
        that each hop was handed, and which these are, -1 where there were
        fewer.

    Example:

    >>> memory = Append(slots=2)(np.array([[[4.0, 0.0], [0.0, 4.0]]]))
    >>> output, addresses = OutputMap(addressing="hard")(
    ...     np.array([[0.0, 1.0]]), memory
    ... )
    >>> output.numpy().tolist(), addresses.numpy().tolist()
    ([[0.0, 5.0]], [[[0.0, 1.0]]])
    """

    def __init__(
        self,
        hops=1,
        addressing="softmax",
        k=None,
        tying="adjacent",
        linear_start=False,
        retrieval=None,
        update=None,
        score=None,
        read=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if hops < 1:
            raise ValueError(
                f"Expected `hops` to be at least 1. Received: {hops}"
            )
        if addressing not in ADDRESSING:
            raise ValueError(
                f"Expected `addressing` to be one of {ADDRESSING}. "
                f"Received: {addressing!r}"
            )
        given = k is not None
        if (addressing == "top_k") != given or (given and k < 1):
            raise ValueError(
                "Expected a positive `k` with addressing='top_k', and none "
                f"otherwise. Received: addressing={addressing!r}, k={k}"
            )
        if retrieval is not None and (addressing != "top_k" or linear_start):
            raise ValueError(
                "Expected addressing='top_k' without linear start behind a "
                f"retrieval layer. Received: {addressing!r}, {linear_start}"
            )
        if retrieval is not None and (score is not None or read is not None):
            raise ValueError(
                "Expected no layers `score` and `read` behind a retrieval "
                f"layer. Received: {score}, {read}"
            )
        if tying not in TYING:
            raise ValueError(
                f"Expected `tying` to be one of {TYING}. Received: {tying!r}"
            )
        self.hops = hops
        self.addressing = addressing
        self.k = k
        self.tying = tying
        self.linear_start = linear_start
        self.retrieval = retrieval
        self.update = update
        self.score = score
        self.read = read

    def build(self, question_shape, memory_shape=None):
        units = question_shape[-1]
        self.state_map = None
        if self.tying == "layer_wise" and self.update is None:
            self.state_map = self.add_weight(
                name="state_map",
                shape=(units, units),
                initializer=keras.initializers.RandomNormal(stddev=0.1),
            )
        self.linear = None
        if self.linear_start:
            self.linear = self.add_weight(
                name="linear", shape=(), initializer="ones", trainable=False
            )
        for layer in (self.update, self.score, self.read):
            if layer is not None and not layer.built:
                layer.build(question_shape)

    def call(
        self,
        question,
        memory=None,
        support=None,
        encoders=None,
        source=None,
        return_scores=False,
        training=False,
    ):
        if source is not None:
            return self._read_few(question, source)
        if self.retrieval is not None:
            return self._read_few(question, self._shared(memory))
        if encoders is not None:
            input_map, time_encoding = encoders
            sentences = Sentences(memory, input_map, time_encoding, training)
            state, addresses, slots = self._read_few(question, sentences)
            return state, _among_all(addresses, slots, memory.mask.shape[1])
        self._check(question, memory)
        state = question
        addresses, scores = [], []
        keys_and_values = self._keys_and_values(memory.features)
        for hop, (keys, values) in enumerate(keys_and_values):
            score = self._score(question, state, keys)
            address = self.address(score, memory.mask)
            if training and support is not None and self.addressing == "hard":
                address = ops.one_hot(
                    support[:, hop], score.shape[-1], dtype=score.dtype
                )
            read = self._read(address, values)
            state = self._next(question, state, read, hop)
            addresses.append(address)
            scores.append(score)
        addresses = ops.stack(addresses, axis=1)
        if return_scores:
            return state, addresses, ops.stack(scores, axis=1)
        return state, addresses

    def address(self, scores, mask):
        """Addresses `(..., S)` for `scores (..., S)`."""
        if self.addressing == "top_k":
            addresses = _addressing.top_k(scores, mask, self.k)
        else:
            addresses = getattr(_addressing, self.addressing)(scores, mask)
        if self.linear is None:
            return addresses
        bare = ops.where(mask, scores, 0)
        return ops.where(self.linear > 0, bare, addresses)

    @property
    def reads_few(self):
        """Whether a hop needs no more of the memory than `k` slots."""
        return (
            self.addressing == "top_k"
            and not self.linear_start
            and self.score is None
            and self.read is None
        )

    def _score(self, question, state, keys):
        if self.score is not None:
            return self.score(question, state, keys)
        return ops.einsum("bd,bsd->bs", state, keys)

    def _read(self, address, values):
        if self.read is not None:
            return self.read(values, address)
        return ops.einsum("bs,bsd->bd", address, values)

    def _next(self, question, state, read, hop):
        if self.update is not None:
            return self.update(state, read, hop=hop, question=question)
        if self.state_map is not None:
            state = ops.matmul(state, self.state_map)
        return state + read

    def _read_few(self, question, source):
        """Reads the `k` slots that a source finds for every hop.

        Args:
            question: `(B, d)`.
            source: `Sentences`, `SharedSentences` or `SharedSlots`.

        Returns:
            The last state, addresses `(B, K, k)` and slots `(B, K, k)`.
        """
        if source.tables not in (None, self._embeddings()):
            raise ValueError(
                f"Expected slots of one embedding or of {self._embeddings()}. "
                f"Received: {source.tables}"
            )
        next_table = int(source.tables is not None and self.tying == "adjacent")
        state, addresses, found = question, [], []
        for hop in range(self.hops):
            table = hop * next_table
            slots, mask = source.find(state, self.k, table)
            keys, values = source.keys_and_values(slots, table)
            score = self._score(question, state, keys)
            address = _addressing.softmax(score, mask)
            read = self._read(address, values)
            state = self._next(question, state, read, hop)
            addresses.append(address)
            found.append(ops.where(mask, slots, -1))
        return state, ops.stack(addresses, axis=1), ops.stack(found, axis=1)

    def index(self, memory):
        """Builds the index that the retrieval layer searches.

        Args:
            memory: the shared memory, as `call` takes it.

        Raises:
            ValueError: there is no retrieval layer.
        """
        if self.retrieval is None:
            raise ValueError(
                "Expected a layer with `retrieval` to index a memory for. "
                "Received: retrieval=None"
            )
        shared = self._shared(memory)
        self.retrieval.index(shared.keys(), shared.memory.mask)

    def _shared(self, memory):
        if len(memory.mask.shape) != 1:
            raise ValueError(
                "Expected a memory that all questions share, without an axis "
                "of the batch: `memory.mask` of shape (slots,). Received "
                f"shape: {tuple(memory.mask.shape)}"
            )
        shared = SharedSlots(memory, self.retrieval)
        if shared.tables not in (None, 2):
            raise ValueError(
                "Expected `memory.features` of shape (slots, units) or "
                "(slots, 2, units) behind a retrieval layer. Received shape: "
                f"{tuple(memory.features.shape)}"
            )
        return shared

    def _keys_and_values(self, features):
        """The keys and the values `(B, S, d)` of every hop."""
        if len(features.shape) == 3:
            return [(features, features)] * self.hops
        # Parted at once: with a slice in every hop, XLA is much slower.
        embeddings = ops.unstack(features, axis=2)
        if self.tying == "adjacent":
            return list(itertools.pairwise(embeddings))
        return [tuple(embeddings)] * self.hops

    def _embeddings(self):
        """`E`, of a slot that holds several."""
        return self.hops + 1 if self.tying == "adjacent" else 2

    def _check(self, question, memory):
        features = memory.features
        embeddings = self._embeddings()
        rank = len(features.shape)
        if rank not in (3, 4) or (
            rank == 4 and features.shape[2] != embeddings
        ):
            raise ValueError(
                "Expected `memory.features` of shape (batch, slots, "
                f"{question.shape[-1]}) or (batch, slots, {embeddings}, "
                f"{question.shape[-1]}). Received shape: "
                f"{tuple(features.shape)}"
            )
        if len(question.shape) != 2 or question.shape[-1] != features.shape[-1]:
            raise ValueError(
                f"Expected `question` of shape (batch, {features.shape[-1]})."
                f" Received shape: {tuple(question.shape)}"
            )

    def get_config(self):
        return {
            **super().get_config(),
            "hops": self.hops,
            "addressing": self.addressing,
            "k": self.k,
            "tying": self.tying,
            "linear_start": self.linear_start,
            **{
                name: keras.saving.serialize_keras_object(getattr(self, name))
                for name in LAYERS
            },
        }

    @classmethod
    def from_config(cls, config):
        parts = {
            name: keras.saving.deserialize_keras_object(config.get(name))
            for name in LAYERS
        }
        return super().from_config({**config, **parts})


def _among_all(addresses, slots, count):
    """Addresses `(B, K, k)` of slots, put among all: `(B, K, S)`."""
    here = ops.expand_dims(slots, -1) == ops.arange(count, dtype=slots.dtype)
    return ops.einsum(
        "bkn,bkns->bks", addresses, ops.cast(here, addresses.dtype)
    )
