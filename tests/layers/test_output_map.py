import keras
import numpy as np
import pytest
import tensorflow as tf

from memnet_tf import Memory
from memnet_tf.layers import ExactRetrieval, InteractionScore, OutputMap

RANDOM = np.random.default_rng(0)
QUESTION = RANDOM.normal(size=(3, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 0, 0], [0, 0, 0, 0, 0]], bool)
TIME = np.where(MASK, np.cumsum(MASK, axis=1) - 1, 0).astype("int32")


def _memory(*embeddings):
    shape = (3, 5, *embeddings, 4)
    return Memory(RANDOM.normal(size=shape).astype("float32"), MASK, TIME)


def _softmax(scores):
    shares = np.exp(scores) * MASK
    return shares / np.maximum(shares.sum(-1, keepdims=True), 1e-30)


def _padded_softmax(scores):
    shares = np.exp(scores * MASK)
    return shares / shares.sum(-1, keepdims=True) * MASK


def _hard(scores):
    best = np.argmax(np.where(MASK, scores, -np.inf), axis=1)
    return np.eye(5)[best] * MASK


def _top_2(scores):
    order = np.argsort(np.where(MASK, -scores, np.inf), axis=1)[:, :2]
    chosen = np.eye(5)[order].sum(axis=1)
    shares = np.exp(scores) * MASK * chosen
    return shares / np.maximum(shares.sum(-1, keepdims=True), 1e-30)


def _stick_breaking(scores):
    match = MASK / (1 + np.exp(-scores))
    newer = np.cumprod((1 - match)[:, ::-1], axis=1)[:, ::-1]
    return match * np.pad(newer[:, 1:], [(0, 0), (0, 1)], constant_values=1)


ADDRESSING = {
    "softmax": (_softmax, {}),
    "padded_softmax": (_padded_softmax, {}),
    "hard": (_hard, {}),
    "top_k": (_top_2, {"k": 2}),
    "stick_breaking": (_stick_breaking, {}),
}


def _read(question, keys, values, address, state_map=None):
    """Section 2.2 in numpy: keys and values are lists, one for each hop."""
    state, addresses, scores = question, [], []
    for key, value in zip(keys, values, strict=True):
        scores.append(np.einsum("bd,bsd->bs", state, key))
        addresses.append(address(scores[-1]))
        if state_map is not None:
            state = state @ state_map
        state = state + np.einsum("bs,bsd->bd", addresses[-1], value)
    return state, np.stack(addresses, axis=1), np.stack(scores, axis=1)


def _assert_reads(layer, memory, keys, values, address, state_map=None):
    received = layer(QUESTION, memory, return_scores=True)
    expected = _read(QUESTION, keys, values, address, state_map)
    for one, two in zip(received, expected, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)


@pytest.mark.parametrize("addressing", ADDRESSING)
def test_adjacent_hops_read_neighbouring_embeddings(addressing):
    address, arguments = ADDRESSING[addressing]
    memory = _memory(4)
    layer = OutputMap(3, addressing, **arguments)
    keys = [memory.features[:, :, hop] for hop in range(3)]
    values = [memory.features[:, :, hop + 1] for hop in range(3)]
    _assert_reads(layer, memory, keys, values, address)
    assert not layer.weights


@pytest.mark.parametrize("addressing", ADDRESSING)
def test_layer_wise_hops_share_embeddings_and_map_the_state(addressing):
    address, arguments = ADDRESSING[addressing]
    memory = _memory(2)
    layer = OutputMap(3, addressing, tying="layer_wise", **arguments)
    layer(QUESTION, memory)
    state_map = RANDOM.normal(size=(4, 4)).astype("float32") / 2
    layer.state_map.assign(state_map)
    keys = [memory.features[:, :, 0]] * 3
    values = [memory.features[:, :, 1]] * 3
    _assert_reads(layer, memory, keys, values, address, state_map)


def test_one_vector_a_slot_is_key_and_value():
    memory = _memory()
    both = [memory.features] * 2
    _assert_reads(OutputMap(2), memory, both, both, _softmax)


class Distance(keras.Layer):
    """Scores keys by how near they are to question and state."""

    def call(self, question, state, keys):
        apart = keys - keras.ops.expand_dims(question + state, 1)
        return -keras.ops.sum(keras.ops.square(apart), -1)


class Largest(keras.Layer):
    """Reads the largest of each feature."""

    def call(self, values, addresses):
        weighed = keras.ops.expand_dims(addresses, 2) * values
        return keras.ops.max(weighed, axis=1)


class Difference(keras.Layer):
    """Takes what was read from the state, and what was asked for the hop."""

    def call(self, state, read, hop=0, question=None):
        return state - read + hop * question


@pytest.mark.parametrize("addressing", ADDRESSING)
def test_layers_may_score_and_read_and_update(addressing):
    address, arguments = ADDRESSING[addressing]
    layer = OutputMap(
        2,
        addressing,
        score=Distance(),
        read=Largest(),
        update=Difference(),
        **arguments,
    )
    memory, state = _memory(3), QUESTION
    output, addresses = layer(QUESTION, memory)
    for hop in range(2):
        keys, values = (memory.features[:, :, hop + i] for i in range(2))
        shares = address(
            -np.sum((keys - (QUESTION + state)[:, None]) ** 2, axis=-1)
        )
        np.testing.assert_allclose(addresses[:, hop], shares, atol=1e-5)
        state = state - np.max(shares[..., None] * values, axis=1)
        state = state + hop * QUESTION
    np.testing.assert_allclose(output, state, atol=1e-5)


def test_an_update_stands_in_place_of_the_map_of_the_state():
    layer = OutputMap(2, tying="layer_wise", update=Difference())
    layer(QUESTION, _memory(2))
    assert not layer.weights


def test_scores_are_returned_only_where_asked_for():
    assert len(OutputMap(2)(QUESTION, _memory())) == 2


def test_support_is_read_instead_of_the_best_slot_in_training():
    memory = _memory(3)
    layer = OutputMap(2, "hard")
    support = np.array([[4, 1], [2, 0], [0, 0]], "int32")
    taught = layer(QUESTION, memory, support=support, training=True)
    np.testing.assert_array_equal(taught[1], np.eye(5)[support])
    expected = QUESTION
    for hop in range(2):
        values = memory.features[:, :, hop + 1]
        expected = expected + values[np.arange(3), support[:, hop]]
    np.testing.assert_allclose(taught[0], expected, atol=1e-6)


def test_support_teaches_in_training_and_with_hard_addressing_alone():
    memory, support = _memory(3), np.zeros((3, 2), "int32")
    for layer, training in (
        (OutputMap(2, "hard"), False),
        (OutputMap(2, "softmax"), True),
    ):
        expected = layer(QUESTION, memory)
        received = layer(QUESTION, memory, support=support, training=training)
        np.testing.assert_array_equal(received[1], expected[1])


def test_a_hop_without_a_label_reads_nothing():
    support = np.array([[-1], [-1], [-1]], "int32")
    output, addresses = OutputMap(1, "hard")(
        QUESTION, _memory(2), support=support, training=True
    )
    assert not np.any(addresses)
    np.testing.assert_array_equal(output, QUESTION)


@pytest.mark.parametrize("addressing", ADDRESSING)
def test_linear_start_addresses_with_bare_scores_until_it_ends(addressing):
    address, arguments = ADDRESSING[addressing]
    memory = _memory()
    layer = OutputMap(1, addressing, linear_start=True, **arguments)
    both = [memory.features]
    _assert_reads(layer, memory, both, both, lambda scores: scores * MASK)
    layer.linear.assign(0.0)
    _assert_reads(layer, memory, both, both, address)


def test_the_switch_of_linear_start_does_not_learn():
    layer = OutputMap(linear_start=True)
    layer(QUESTION, _memory())
    assert [weight.name for weight in layer.weights] == ["linear"]
    assert not layer.trainable_weights


def test_hard_reads_teach_the_question_what_to_look_for():
    question, memory = tf.Variable(QUESTION), _memory()
    with tf.GradientTape() as tape:
        _, addresses = OutputMap(1, "hard")(question, memory)
        wanted = tf.reduce_sum(addresses[:, 0, 0])
    gradient = tape.gradient(wanted, question).numpy()
    assert np.any(gradient[0] != 0)
    assert np.all(gradient[2] == 0)  # an empty memory


def test_the_shapes_of_outputs_are_known_before_the_call():
    features = keras.KerasTensor((None, 5, 4))
    mask, time = (
        keras.KerasTensor((None, 5), dtype) for dtype in ("bool", "int32")
    )
    output, addresses = OutputMap(3)(
        keras.KerasTensor((None, 4)), Memory(features, mask, time)
    )
    assert output.shape == (None, 4)
    assert addresses.shape == (None, 3, 5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hops": 0}, "Expected `hops`.*Received: 0"),
        ({"addressing": "soft"}, "Expected `addressing`.*Received: 'soft'"),
        ({"tying": "rnn"}, "Expected `tying`.*Received: 'rnn'"),
        ({"addressing": "top_k"}, "Expected a positive `k`.*k=None"),
        ({"addressing": "top_k", "k": 0}, "Expected a positive `k`.*k=0"),
        ({"k": 3}, "Expected a positive `k`.*k=3"),
        (
            {
                "addressing": "top_k",
                "k": 3,
                "retrieval": ExactRetrieval(),
                "score": InteractionScore(),
            },
            "Expected no layers `score` and `read`",
        ),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        OutputMap(**arguments)


@pytest.mark.parametrize("embeddings", [(1,), (4,), (3, 3)])
def test_a_memory_of_other_embeddings_is_an_error(embeddings):
    with pytest.raises(ValueError, match="Expected `memory.features`"):
        OutputMap(2)(QUESTION, _memory(*embeddings))


def test_a_question_of_another_size_is_an_error():
    with pytest.raises(ValueError, match="Expected `question` of shape"):
        OutputMap()(np.zeros((3, 7), "float32"), _memory())
