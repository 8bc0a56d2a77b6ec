"""Every public layer and model, for tests that sweep over all of them."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from memnet_tf import Memory, MemoryNetwork, layers, models
from memnet_tf.addressed_memory import AddressedMemory, LinkedMemory
from memnet_tf.memory import UsedMemory


class Entry(NamedTuple):
    """A layer or model, and arguments to call it with.

    Attributes:
        name: tells entries apart; it begins with the name of the class.
        factory: makes the layer, without weights yet.
        inputs: keyword arguments of its call.
    """

    name: str
    factory: Callable[[], Any]
    inputs: dict[str, Any]

    def make(self, seed=0):
        """The layer with its weights, which `seed` decides."""
        keras.utils.set_random_seed(seed)
        layer = self.factory()
        layer(**self.inputs)
        return layer


@keras.saving.register_keras_serializable("tests")
class Alone(keras.Model):
    """A model of one layer, to save it."""

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer

    def call(self, inputs):
        return self.layer(**inputs)

    def get_config(self):
        layer = keras.saving.serialize_keras_object(self.layer)
        return {**super().get_config(), "layer": layer}

    @classmethod
    def from_config(cls, config):
        layer = keras.saving.deserialize_keras_object(config.pop("layer"))
        return cls(layer, **config)


def _normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


IDS = np.array(
    [
        [[2, 3, 4, 0], [5, 6, 0, 0], [7, 2, 3, 1]],
        [[3, 5, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
    ],
    "int32",
)
QUESTIONS = np.array([[2, 6, 0, 0], [5, 1, 7, 0]], "int32")
MASK = np.array([[True, True, False], [True, False, False]])
TIME = np.array([[0, 1, 0], [4, 0, 0]], "int32")
MEMORY = Memory(_normal(2, 3, 4) * MASK[..., None], MASK, TIME)
USED = UsedMemory(*MEMORY, usage=np.float32([[0.5, 1, 0], [1, 0, 0]]))
ADDRESSED = AddressedMemory(
    features=MEMORY.features,
    usage=USED.usage,
    read_addresses=np.float32([[[0.5, 0.5, 0]], [[1, 0, 0]]]),
)
LINKED = LinkedMemory(
    *ADDRESSED,
    precedence=np.float32([[0, 1, 0], [1, 0, 0]]),
    links=np.float32([[[0, 0, 0], [0.5, 0, 0], [0, 0, 0]], np.zeros((3, 3))]),
)
WRITTEN = np.array([[True] * 4, [False, True, False, True]])
EMBEDDED = Memory(_normal(2, 3, 3, 4) * MASK[..., None, None], MASK, TIME)
PAIRS = Memory(_normal(2, 3, 2, 4) * MASK[..., None, None], MASK, TIME)
VOCABULARY = ["john", "mary", "garden", "office", "went", "is"]  # ids 2 to 7
STORIES = [["John went garden.", "Office mary", "is went, bill"], ["Mary"]]
ASKED = ["Is John garden?", "Office"]

ADDRESSING = {
    "softmax": {},
    "padded_softmax": {"addressing": "padded_softmax"},
    "hard": {"addressing": "hard"},
    "top_k": {"addressing": "top_k", "k": 2},
    "stick_breaking": {"addressing": "stick_breaking"},
}


def _output_map(**arguments):
    return lambda: layers.OutputMap(2, **arguments)


_SENTENCE_RESPONSE = (
    lambda: layers.SentenceResponse(8, length=4, beams=2, reserved=2),
    {
        "output": _normal(2, 4),
        "question": MEMORY.features[:, 1],
        "values": MEMORY.features,
        "addresses": np.float32([[[0.2, 0.8, 0]], [[1, 0, 0]]]),
    },
)

LAYERS = [
    Entry(
        "WordIds",
        lambda: layers.WordIds(VOCABULARY, 4),
        {"text": np.array([["John went.", ""], ["Is the garden", "?"]])},
    ),
    Entry("BagOfWords", lambda: layers.BagOfWords(8, 4), {"ids": IDS}),
    Entry(
        "BagOfWords_tables", lambda: layers.BagOfWords(8, 4, 3), {"ids": IDS}
    ),
    Entry(
        "PositionEncoding", lambda: layers.PositionEncoding(8, 4), {"ids": IDS}
    ),
    Entry(
        "PositionEncoding_published_code",
        lambda: layers.PositionEncoding(8, 4, 2, "published_code"),
        {"ids": IDS},
    ),
    Entry(
        "BagOfNgrams",
        lambda: layers.BagOfNgrams(8, 4, buckets=50),
        {"ids": IDS},
    ),
    *[
        Entry(
            f"KeyValueEncoding_{encoding}",
            functools.partial(layers.KeyValueEncoding, 8, 4, encoding),
            {"ids": IDS},
        )
        for encoding in ("sentence", "window", "triple")
    ],
    Entry(
        "EntityEncoding",
        lambda: layers.EntityEncoding(8, 5, [3, 4], 2, n=2, buckets=3),
        {"ids": IDS},
    ),
    Entry(
        "KeyValueEncoding_ngrams",
        lambda: layers.KeyValueEncoding(8, 4, n=2, buckets=3),
        {"ids": IDS},
    ),
    Entry(
        "RecurrentEncoding",
        lambda: layers.RecurrentEncoding(8, 4),
        {"ids": IDS},
    ),
    Entry(
        "RecurrentEncoding_tied",
        lambda: layers.RecurrentEncoding(8, 4, tied=True),
        {"ids": IDS, "embeddings": _normal(8, 4)},
    ),
    Entry("InputFusion", layers.InputFusion, {"memory": MEMORY}),
    Entry("WordMask", lambda: layers.WordMask(8, 4), {"ids": IDS}),
    Entry("TimeEncoding", lambda: layers.TimeEncoding(5), {"memory": MEMORY}),
    Entry(
        "TimeEncoding_tables",
        lambda: layers.TimeEncoding(2, noise=0.5),
        {"memory": EMBEDDED},
    ),
    Entry("Append", lambda: layers.Append(3), {"features": _normal(2, 5, 4)}),
    Entry(
        "Append_to_memory",
        lambda: layers.Append(3),
        {
            "features": _normal(2, 2, 4),
            "memory": MEMORY,
            "written": np.array([[True, True], [False, True]]),
        },
    ),
    Entry("Ring", lambda: layers.Ring(3), {"features": _normal(2, 5, 4)}),
    *[
        Entry(
            f"{kind.__name__}_to_memory",
            functools.partial(kind, 3),
            {
                "features": _normal(2, 4, 4),
                "memory": memory,
                "written": WRITTEN,
            },
        )
        for kind, memory in (
            (layers.Ring, MEMORY),
            (layers.LeastUsed, USED),
            (layers.LeastUseful, MEMORY),
            (layers.NearestGated, MEMORY),
            (layers.GatedEntities, MEMORY),
        )
    ],
    Entry(
        "GatedEntities_tied",
        lambda: layers.GatedEntities(3, tied=True),
        {"features": _normal(2, 4, 4), "keys": _normal(3, 4)},
    ),
    *[
        Entry(
            f"OutputMap_{name}",
            _output_map(**arguments),
            {"question": _normal(2, 4), "memory": EMBEDDED},
        )
        for name, arguments in ADDRESSING.items()
    ],
    Entry(
        "OutputMap_one_vector",
        _output_map(),
        {"question": _normal(2, 4), "memory": MEMORY},
    ),
    Entry(
        "OutputMap_layer_wise",
        _output_map(tying="layer_wise", linear_start=True),
        {"question": _normal(2, 4), "memory": PAIRS},
    ),
    Entry(
        "OutputMap_gated",
        lambda: layers.OutputMap(2, update=layers.GatedUpdate(2)),
        {"question": _normal(2, 4), "memory": MEMORY},
    ),
    Entry(
        "GatedUpdate",
        layers.GatedUpdate,
        {"state": _normal(2, 4), "read": MEMORY.features[:, 0]},
    ),
    Entry(
        "OutputMap_episodes",
        lambda: layers.OutputMap(
            2,
            score=layers.InteractionScore(),
            read=layers.AttentionGRU(),
            update=layers.ReLUUpdate(2),
        ),
        {"question": _normal(2, 4), "memory": MEMORY},
    ),
    Entry(
        "InteractionScore",
        layers.InteractionScore,
        {
            "question": _normal(2, 4),
            "state": MEMORY.features[:, 0],
            "keys": _normal(2, 3, 4),
        },
    ),
    Entry(
        "AttentionGRU",
        layers.AttentionGRU,
        {
            "addresses": np.float32([[0.2, 0.8, 0], [1, 0, 0]]),
            "values": _normal(2, 3, 4),
        },
    ),
    Entry(
        "ReLUUpdate",
        layers.ReLUUpdate,
        {
            "state": _normal(2, 4),
            "read": MEMORY.features[:, 0],
            "question": MEMORY.features[:, 1],
        },
    ),
    Entry(
        "MappedUpdate",
        layers.MappedUpdate,
        {"state": _normal(2, 4), "read": MEMORY.features[:, 0]},
    ),
    Entry(
        "MappedUpdate_kept",
        lambda: layers.MappedUpdate(kept=3),
        {"state": _normal(2, 4), "read": MEMORY.features[:, 0]},
    ),
    Entry(
        "PReLUUpdate",
        layers.PReLUUpdate,
        {"state": _normal(2, 4), "read": MEMORY.features[:, 0]},
    ),
    Entry(
        "HalfReLUUpdate",
        layers.HalfReLUUpdate,
        {"state": _normal(2, 4), "read": MEMORY.features[:, 0]},
    ),
    Entry(
        "WindowScore",
        lambda: layers.WindowScore(3, recency=0.5),
        {
            "question": np.zeros((2, 4), "int32"),  # not used
            "state": _normal(2, 4),
            "keys": _normal(2, 3, 4),
        },
    ),
    Entry(
        "WindowRead",
        lambda: layers.WindowRead(3),
        {
            "values": _normal(2, 3, 4),
            "addresses": np.float32([[0.2, 0.8, 0], [0.5, 0, 0.5]]),
        },
    ),
    Entry(
        "QueryReduction",
        lambda: layers.QueryReduction(2, gates=2, spread=4.0, dot_product=True),
        {"question": _normal(2, 4), "memory": MEMORY},
    ),
    Entry(
        "ReadWriteMemory",
        lambda: layers.ReadWriteMemory(3, 4),
        {"control": _normal(2, 5), "memory": LINKED},
    ),
    Entry(
        "ReadWriteMemory_new",
        lambda: layers.ReadWriteMemory(3, 4, reads=2),
        {"control": _normal(2, 5)},
    ),
    Entry(
        "ReadWriteMemory_sparse",
        lambda: layers.ReadWriteMemory(3, 4, links=False, top_k=1),
        {"control": _normal(2, 5), "memory": ADDRESSED},
    ),
    Entry(
        "HopfieldRead",
        lambda: layers.HopfieldRead(2, beta=2.0),
        {"question": _normal(2, 4), "memory": MEMORY},
    ),
    Entry(
        "HopfieldRead_keys_and_values",
        lambda: layers.HopfieldRead(2),
        {"question": _normal(2, 4), "memory": PAIRS},
    ),
    Entry(
        "MemorizingAttention",
        lambda: layers.MemorizingAttention(3, k=2, heads=2, distances=2),
        {"features": _normal(2, 4, 4), "memory": PAIRS, "mask": WRITTEN},
    ),
    Entry(
        "ProductKeyMemory",
        lambda: layers.ProductKeyMemory(4, k=3, heads=2, key_units=6, units=5),
        {"inputs": _normal(2, 3, 4)},
    ),
    Entry(
        "ProductKeyUpdate",
        lambda: layers.ProductKeyUpdate(4, k=3, heads=2, key_units=6),
        {"state": _normal(2, 4), "read": MEMORY.features[:, 0]},
    ),
    Entry(
        "CrossReference",
        lambda: layers.CrossReference(2, softmax=2, older=1, newer=1),
        {"question": _normal(2, 4), "memory": MEMORY},
    ),
    Entry(
        "WordResponse",
        lambda: layers.WordResponse(8, reserved=2),
        {"output": _normal(2, 4)},
    ),
    Entry(
        "WordResponse_tied",
        lambda: layers.WordResponse(8, tied=True),
        {"output": _normal(2, 4), "embeddings": _normal(8, 4)},
    ),
    Entry(
        "CandidateResponse",
        lambda: layers.CandidateResponse(8),
        {"output": _normal(2, 4), "candidates": IDS[0]},
    ),
    Entry(
        "CandidateResponse_of_each",
        lambda: layers.CandidateResponse(8),
        {"output": _normal(2, 4), "candidates": IDS},
    ),
    Entry(
        "MatchingResponse",
        lambda: layers.MatchingResponse(
            8, [[1, 2, 3], [4, 5], [6, 7]], latest=True
        ),
        {"output": _normal(2, 4), "candidates": IDS[0], "said": IDS},
    ),
    Entry(
        "MemoryResponse", layers.MemoryResponse, {"addresses": _normal(2, 2, 3)}
    ),
    Entry("SentenceResponse", *_SENTENCE_RESPONSE),
    Entry(
        "SentenceResponse_taught",
        _SENTENCE_RESPONSE[0],
        {**_SENTENCE_RESPONSE[1], "words": QUESTIONS},
    ),
]


KEYS = _normal(14, 4)[2:]
WORDS = np.random.default_rng(0).integers(0, 8, (12, 3), "int32")
SEARCHED = {"query": _normal(2, 4), "keys": KEYS, "mask": np.arange(12) != 5}


def _indexed(make):
    """A factory of a layer whose index is made already."""

    def factory():
        layer = make()
        if isinstance(layer, layers.WordHashRetrieval):
            layer.index_words(WORDS, _normal(8, 2))
        else:
            layer.index(KEYS, SEARCHED["mask"])
        return layer

    return factory


# Called with `k`, too, which is no tensor: see tests/layers/retrieval.
RETRIEVAL = [
    Entry("ExactRetrieval", layers.ExactRetrieval, SEARCHED),
    Entry("ExactRetrieval_l2", lambda: layers.ExactRetrieval("l2"), SEARCHED),
    Entry(
        "ExactRetrieval_of_each",
        layers.ExactRetrieval,
        {"query": _normal(2, 4), "keys": _normal(2, 5, 4)},
    ),
    Entry(
        "ProductKeyRetrieval",
        layers.ProductKeyRetrieval,
        {"query": _normal(2, 4), "keys": _normal(2, 3, 2)},
    ),
    Entry("ScaNNRetrieval", _indexed(layers.ScaNNRetrieval), SEARCHED),
    Entry(
        "InvertedFileRetrieval",
        _indexed(lambda: layers.InvertedFileRetrieval(3, 2, 9)),
        SEARCHED,
    ),
    Entry(
        "WordHashRetrieval",
        _indexed(lambda: layers.WordHashRetrieval(8, 20)),
        {**SEARCHED, "words": QUESTIONS},
    ),
    Entry(
        "ClusterHashRetrieval",
        _indexed(lambda: layers.ClusterHashRetrieval(8, 3, 20)),
        {**SEARCHED, "words": QUESTIONS},
    ),
]


def _network(response=None, **arguments):
    return lambda: MemoryNetwork(
        word_ids=layers.WordIds(VOCABULARY, 4),
        input_map=layers.BagOfNgrams(8, 5, buckets=50),
        generalization=layers.Append(3),
        output_map=layers.OutputMap(2),
        response=response() if response else layers.WordResponse(8, reserved=2),
        time_encoding=layers.TimeEncoding(3),
        **arguments,
    )


def _memn2n(**arguments):
    return lambda: models.MemN2N(
        VOCABULARY, 4, memory_size=3, units=5, hops=2, **arguments
    )


def _gated_memn2n(**arguments):
    return lambda: models.GatedMemN2N(
        VOCABULARY, 4, memory_size=3, units=5, hops=2, **arguments
    )


def _key_value_memnn(encoding, **arguments):
    return functools.partial(
        models.KeyValueMemNN, VOCABULARY, 4, 3, 5, 2, encoding, **arguments
    )


def _memnn(**arguments):
    return lambda: models.MemNN(
        VOCABULARY, 4, memory_size=3, units=5, **arguments
    )


def _read(hashes=1):
    """A story and a question where known words follow `hashes` other ids."""
    story, question = [
        np.where(ids > 1, ids + hashes - 1, ids).astype("int32")
        for ids in (IDS, QUESTIONS)
    ]
    return {"inputs": {"story": story, "question": question}}


_READ = _read()

MODELS = [
    Entry("MemoryNetwork", _network(), _READ),
    Entry(
        "MemoryNetwork_candidates",
        _network(
            lambda: layers.CandidateResponse(8),
            candidates=["garden", "office garden", "mary"],
        ),
        _READ,
    ),
    Entry("MemoryNetwork_sentences", _network(layers.MemoryResponse), _READ),
    *[
        Entry(f"MemN2N_{name}", _memn2n(**arguments), _READ)
        for name, arguments in ADDRESSING.items()
    ],
    Entry(
        "MemN2N_matching",
        _memn2n(
            candidates=["the garden", "mary went", "garden"],
            entities={"place": ["garden"], "person": ["mary"]},
        ),
        _READ,
    ),
    Entry("MemN2N_layer_wise", _memn2n(tying="layer_wise"), _READ),
    Entry("MemN2N_bag_of_words", _memn2n(encoding="bag_of_words"), _READ),
    Entry("MemN2N_linear_start", _memn2n(linear_start=True), _READ),
    Entry(
        "GenerativeMemN2N",
        functools.partial(
            models.GenerativeMemN2N, VOCABULARY, 4, 3, 5, 2, beams=2
        ),
        _READ,
    ),
    Entry("GatedMemN2N", _gated_memn2n(), _READ),
    Entry("GatedMemN2N_shared_gate", _gated_memn2n(shared_gate=True), _READ),
    Entry(
        "QueryReductionNetwork",
        functools.partial(
            models.QueryReductionNetwork,
            VOCABULARY,
            4,
            3,
            6,
            gates=2,
            spread=4.0,
            dot_product=True,
            dropout=0.1,
        ),
        _READ,
    ),
    Entry(
        "QueryReductionNetwork_matching",
        functools.partial(
            models.QueryReductionNetwork,
            VOCABULARY,
            4,
            3,
            6,
            candidates=["the garden", "mary went", "garden"],
            entities={"place": ["garden"], "person": ["mary"]},
        ),
        _READ,
    ),
    Entry(
        "TwoReaderNetwork",
        functools.partial(
            models.TwoReaderNetwork, VOCABULARY, 4, 3, 5, 2, reader_units=8
        ),
        _READ,
    ),
    Entry(
        "TwoReaderNetwork_cross_reference",
        lambda: models.TwoReaderNetwork(
            VOCABULARY,
            4,
            memory_size=3,
            hops=2,
            reader=layers.CrossReference(hops=2),
            reader_units=8,
        ),
        _READ,
    ),
    *[
        Entry(
            f"RecurrentEntityNetwork_{name}",
            functools.partial(
                models.RecurrentEntityNetwork, VOCABULARY, 4, 3, 5, entities
            ),
            _READ,
        )
        for name, entities in (("free", 3), ("tied", ["john", "office"]))
    ],
    Entry("KeyValueMemNN", _key_value_memnn("sentence"), _READ),
    Entry(
        "KeyValueMemNN_triple",
        _key_value_memnn("triple", time_encoding=False),
        _READ,
    ),
    Entry(
        "KeyValueMemNN_memories",
        _key_value_memnn("triple", n=2, answers="memories"),
        _READ,
    ),
    Entry(
        "KeyValueMemNN_key_hashing",
        _key_value_memnn(
            "window",
            addressing="top_k",
            k=2,
            key_hashing=True,
            stop_words=["went"],
        ),
        _READ,
    ),
    Entry(
        "KeyValueMemNN_entities",
        _key_value_memnn("triple", entities=["john", "office"], code_units=3),
        _READ,
    ),
    Entry(
        "KeyValueMemNN_without_backtracking",
        _key_value_memnn("triple", backtracking=False),
        _READ,
    ),
    Entry(
        "DynamicMemoryNetworkPlus",
        functools.partial(
            models.DynamicMemoryNetworkPlus, VOCABULARY, 4, 3, 5, 2
        ),
        _READ,
    ),
    Entry("MemNN_1", _memnn(k=1), _READ),
    Entry("MemNN_2", _memnn(k=2), _READ),
    Entry("MemNN_without_time", _memnn(k=2, time=False), _READ),
    Entry("MemNN_ngrams", _memnn(k=2, match=True, n=2, nonlinear=True), _READ),
    Entry(
        "MemNN_unknown_words",
        _memnn(unknown_words=1, match=True),
        _read(models.MemNN(["a"], 1, unknown_words=1).word_ids.unknown_words),
    ),
]

SEGMENTER = Entry(
    "Segmenter", lambda: models.Segmenter(VOCABULARY, 4), {"ids": IDS[0]}
)

STREAMS = [
    Entry(
        "VectorIndexMemoryNetwork",
        functools.partial(models.VectorIndexMemoryNetwork, 4),
        {"inputs": _normal(2, 6, 4)},
    ),
    Entry(
        "VectorIndexMemoryNetwork_empty",
        functools.partial(
            models.VectorIndexMemoryNetwork, 4, 2, 4, initial="empty"
        ),
        {"inputs": {"inputs": _normal(2, 4, 4), "written": WRITTEN}},
    ),
]


def _shared_memory(
    response,
    hops=1,
    input_map=lambda: layers.PositionEncoding(8, 5, tables=2),
    **arguments,
):
    def factory():
        network = models.SharedMemoryNetwork(
            word_ids=layers.WordIds(VOCABULARY, 4),
            input_map=input_map(),
            output_map=layers.OutputMap(
                hops,
                "top_k",
                2,
                "layer_wise" if hops > 1 else "adjacent",
                retrieval=layers.InvertedFileRetrieval(2, 1, 9),
            ),
            response=response(),
            memory_size=6,
            **arguments,
        )
        network.remember(STORIES[0])
        return network

    return factory


_QUESTION = {"inputs": {"question": QUESTIONS}}

SHARED = [
    Entry(
        "SharedMemoryNetwork",
        _shared_memory(lambda: layers.WordResponse(8, reserved=2), hops=2),
        _QUESTION,
    ),
    Entry(
        "SharedMemoryNetwork_candidates",
        _shared_memory(
            lambda: layers.CandidateResponse(8), candidates=["mary", "garden"]
        ),
        _QUESTION,
    ),
    Entry(
        "SharedMemoryNetwork_statements",
        _shared_memory(layers.MemoryResponse),
        _QUESTION,
    ),
    Entry(
        "SharedMemoryNetwork_without_backtracking",
        _shared_memory(
            layers.MemoryResponse,
            hops=2,
            input_map=lambda: layers.KeyValueEncoding(8, 5, "triple"),
            backtracking=False,
        ),
        _QUESTION,
    ),
]

LANGUAGE_MODEL = Entry(
    "MemN2NLanguageModel",
    lambda: models.MemN2NLanguageModel(VOCABULARY, 3, units=5, hops=2),
    {"words": IDS[0]},
)

COMPUTERS = [
    Entry(
        f"DifferentiableNeuralComputer_{name}",
        functools.partial(
            models.DifferentiableNeuralComputer,
            inputs=4,
            outputs=3,
            slots=3,
            units=4,
            reads=2,
            controller_units=5,
            **arguments,
        ),
        {"inputs": _normal(2, 6, 4)},
    )
    for name, arguments in (
        ("links", {}),
        ("sparse", {"links": False, "top_k": 2}),
    )
]

# Models that read no story.
OTHERS = [SEGMENTER, LANGUAGE_MODEL, *STREAMS, *SHARED, *COMPUTERS]

ENTRIES = {entry.name: entry for entry in [*LAYERS, *MODELS, *OTHERS]}


def story_and_question(name):
    """Ids that a model reads: copies."""
    inputs = ENTRIES[name].inputs["inputs"]
    return inputs["story"].copy(), inputs["question"].copy()


# Models that answer with a sentence of the story.
OF_SENTENCES = ("MemoryNetwork_sentences", "KeyValueMemNN_memories")


@functools.cache
def made(name):
    """The layer of an entry, made once: for tests that leave it as it is."""
    return ENTRIES[name].make()


def without(*names):
    """Names of the entries, without those that begin with `names`."""
    return [name for name in ENTRIES if not name.startswith(names)]


def begin_with(*names):
    """Names of the entries that begin with `names`."""
    return [name for name in ENTRIES if name.startswith(names)]
