import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from export import check, ways
from export.compare import DifferenceError, compare
from export.requests import _STRANGE, Request, random_requests

# Of these, a signature that changes nothing may be made.
_STATEFUL = {
    "HashTableV2",
    "LookupTableFindV2",
    "PartitionedCall",
    "ReadVariableOp",
    "StatefulPartitionedCall",
    "VarHandleOp",
}


# What would take long and be the same with another.
one_network = pytest.mark.parametrize("network", ["MemN2N"], indirect=True)

SIGNATURE = "serving_default"
INPUTS = {SIGNATURE: ["story", "question"]}


def _replies(way, requests, batch_size):
    """Replies of a way to run a model, by `serving_default`."""
    with way as run:
        return check.replies(run, INPUTS, requests, batch_size)[SIGNATURE]


@pytest.fixture(scope="module")
def expected(network, requests_told):
    return _replies(ways.eager(network.signatures()), requests_told, 50)


def test_500_stories_are_answered_the_same_in_a_session(
    saved_model, requests_told, expected
):
    received = _replies(ways.session(saved_model), requests_told, 50)
    assert len(received) == 500
    compare(requests_told, expected, received)


def test_500_stories_are_answered_the_same_in_c(
    saved_model, requests_told, expected, built
):
    received = _replies(ways.in_c(saved_model), requests_told, 1)
    assert len(received) == 500
    compare(requests_told, expected, received)


def test_answers_are_those_of_the_model(network, requests_told, expected):
    stories, questions = [], []
    for story, question in requests_told:
        stories.append([sentence.decode() for sentence in story])
        questions.append(question.decode())
    answers = network.answer(stories, questions)
    for answer, reply in zip(answers, expected, strict=True):
        assert answer.text == reply["answer"].decode()
        assert answer.support == tuple(
            text.decode() for text in reply["support"]
        )
        np.testing.assert_allclose(answer.score, reply["score"], atol=1e-5)
        np.testing.assert_allclose(
            answer.addresses, reply["attention"], atol=1e-5
        )


def test_answers_vary(expected):
    """Else all the comparisons would hold of a model that says one thing."""
    assert len({reply["answer"] for reply in expected}) >= 5
    assert len({reply["support"][0] for reply in expected}) >= 20


@pytest.mark.parametrize("way", [ways.session, ways.eager])
def test_alone_in_a_padded_and_in_a_full_batch_replies_are_equal(
    network, saved_model, requests_told, way
):
    signatures = network.signatures()
    inputs = check.inputs_by_signature(signatures)
    requests = requests_told[:24]
    with way(signatures if way is ways.eager else saved_model) as run:
        alone, few, full = (
            check.replies(run, inputs, requests, batch_size)
            for batch_size in (1, 5, 24)
        )
    for name in signatures:
        compare(requests, alone[name], few[name])
        compare(requests, alone[name], full[name])


def test_a_blank_sentence_changes_no_answer(network, requests_told):
    requests = requests_told[:50]
    blank = [Request([b"", *r.story, b""], r.question) for r in requests]
    with ways.eager(network.signatures()) as run:
        bare, padded = (
            check.replies(run, INPUTS, each, 50)[SIGNATURE]
            for each in (requests, blank)
        )
    for reply in padded:
        weights = reply["attention"]
        assert not weights[:, [0, -1]].any()
        reply["attention"] = weights[:, 1:-1]
    compare(requests, bare, padded)


def test_a_request_changes_nothing(saved_model, requests_told, built):
    requests = requests_told[:5] * 2
    for way in (ways.session, ways.in_c):
        replies = _replies(way(saved_model), requests, 1)
        for first, second in zip(replies[:5], replies[5:], strict=True):
            for name in first:
                np.testing.assert_array_equal(first[name], second[name])


def test_the_signature_names_inputs_and_outputs_of_any_size(saved_model):
    signature = _meta_graph(saved_model).signature_def["serving_default"]
    shapes = {
        name: [dim.size for dim in tensor.tensor_shape.dim]
        for tensors in (signature.inputs, signature.outputs)
        for name, tensor in tensors.items()
    }
    hops = shapes["support"][1]
    assert shapes == {
        "story": [-1, -1],
        "question": [-1],
        "answer": [-1],
        "score": [-1],
        "answers": [-1, 5],
        "scores": [-1, 5],
        "attention": [-1, hops, -1],
        "support": [-1, hops],
    }
    assert hops > 0


def test_there_are_only_ops_of_tensorflow(saved_model):
    graph = _meta_graph(saved_model)
    ops = {op.name for op in graph.meta_info_def.stripped_op_list.op}
    assert ops
    assert not {op for op in ops if not hasattr(tf.raw_ops, op)}


def test_the_signature_has_no_op_that_changes_anything(saved_model):
    graph = _meta_graph(saved_model)
    stateful = {
        op.name
        for op in graph.meta_info_def.stripped_op_list.op
        if op.is_stateful
    }
    reached = _ops_of_signature(graph)
    assert {"LookupTableFindV2", "ReadVariableOp"} <= reached
    assert reached & stateful <= _STATEFUL


def _meta_graph(saved_model):
    proto = saved_model_pb2.SavedModel()
    proto.ParseFromString((saved_model / "saved_model.pb").read_bytes())
    return proto.meta_graphs[0]


def _ops_of_signature(graph):
    """The ops that a request runs, those of functions among them."""
    nodes = {node.name: node for node in graph.graph_def.node}
    functions = {f.signature.name: f for f in graph.graph_def.library.function}
    outputs = graph.signature_def["serving_default"].outputs.values()
    names = [tensor.name for tensor in outputs]
    met, queue = set(), []
    while names:
        name = names.pop().lstrip("^").split(":")[0]
        if name not in met:
            met.add(name)
            queue.append(nodes[name])
            names += nodes[name].input
    ops, called = set(), set()
    while queue:
        node = queue.pop()
        ops.add(node.op)
        for value in node.attr.values():
            name = value.func.name
            if name and name not in called:
                called.add(name)
                queue += functions[name].node_def
    return ops


# What counts as a difference

STORY = [b"John went", b"", b"Mary went"]


def _reply(**changed):
    return {
        "answer": b"one",
        "score": np.float32(0.4),
        "answers": np.array([b"one", b"two", b"six", b"", b""], object),
        "scores": np.array([0.4, 0.3, 0.3, 0, 0], "float32"),
        "attention": np.array([[0.5, 0, 0.5], [0.9, 0, 0.1]], "float32"),
        "support": np.array([STORY[0], STORY[0]], object),
        **changed,
    }


def _compare(**changed):
    requests = [Request(STORY, b"Where?")]
    compare(requests, [_reply()], [_reply(**changed)])


def test_equal_replies_and_rounding_are_no_difference():
    _compare()
    _compare(score=np.float32(0.400001))
    _compare(scores=np.array([0.400009, 0.3, 0.3, 0, 0], "float32"))


def test_a_tie_may_fall_either_way():
    _compare(answers=[b"one", b"six", b"two", b"", b""])
    _compare(support=[STORY[2], STORY[0]])


@pytest.mark.parametrize(
    "changed",
    [
        {"answer": b"two"},
        {"score": np.float32(0.40002)},
        {"scores": np.array([0.4, 0.3, 0.29, 0, 0], "float32")},
        {"scores": np.array([0.4, 0.3, np.nan, 0, 0], "float32")},
        {"scores": np.array([0.4, 0.3, 0.3], "float32")},
        {"answers": [b"one", b"two", b"ten", b"", b""]},
        {"answers": [b"one", b"two", b"two", b"", b""]},
        {"answers": [b"two", b"one", b"six", b"", b""], "answer": b"two"},
        {"attention": np.array([[0.5, 0.5, 0], [0.9, 0, 0.1]], "float32")},
        {"attention": np.array([[0.5, 0, 0.5]], "float32")},
        {"support": [STORY[0], STORY[2]]},
        {"support": [STORY[0], b"nobody"]},
        {"support": [STORY[0]]},
    ],
)
def test_the_first_difference_is_told(changed):
    name = next(iter(changed))
    with pytest.raises(DifferenceError) as caught:
        _compare(**changed)
    assert str(caught.value).startswith("Request 0: question b'Where?'")
    assert f"Expected {name}: " in str(caught.value)


@one_network
def test_every_way_to_run_it_is_checked(network, saved_model, built):
    lines = check.check(
        network.signatures(), saved_model, random_requests(network, 20)
    )
    replies = "20 replies by each of serving_default, encode, respond equal"
    assert lines == [
        f"a TF1 Session: {replies} the network's",
        f"a process of TensorFlow alone: {replies} the network's",
        f"a C program: {replies} the network's",
    ]


@one_network
def test_a_wrong_saved_model_is_found_and_said_where(network, saved_model):
    requests = random_requests(network, 10)
    other = network.from_config(network.get_config())  # other weights
    with pytest.raises(DifferenceError, match="In a TF1 Session, by serving"):
        check.check(other.signatures(), saved_model, requests)


@one_network
def test_a_saved_model_that_only_python_loads_is_found(tmp_path, network):
    holder = tf.Module()
    holder.network = network
    signatures = {"serving_default": network.answer_text}
    tf.saved_model.save(holder, str(tmp_path), signatures)
    requests = random_requests(network, 5)
    _replies(ways.tensorflow_only(tmp_path), requests, 1)
    with pytest.raises(tf.errors.FailedPreconditionError):
        check.check(network.signatures(), tmp_path, requests)


@one_network
def test_without_a_compiler_the_rest_is_checked(
    network, saved_model, monkeypatch
):
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setattr(ways, "tensorflow_only", ways.session)
    lines = check.check(
        network.signatures(), saved_model, random_requests(network, 5)
    )
    assert lines[0].startswith("a TF1 Session: 5 replies by each of serving")
    assert lines[2].startswith("a C program: not run. Expected a C compiler")


def test_random_requests_are_strange_enough(network):
    requests = random_requests(network, 100)
    assert requests == random_requests(network, 100)
    lengths = {len(request.story) for request in requests}
    assert {0, 1} < lengths
    assert max(lengths) > network.generalization.slots
    sentences = {line for request in requests for line in request.story}
    assert set(_STRANGE) <= sentences
    assert any(b"Zyx" in sentence for sentence in sentences)
