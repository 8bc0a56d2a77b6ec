"""Layers that overwrite a slot and move none, against plain loops."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from memnet_tf import Memory
from memnet_tf.layers import Append, LeastUsed, LeastUseful, NearestGated, Ring
from memnet_tf.memory import UsedMemory

FEW = settings(max_examples=25, deadline=None)
LAYERS = (Ring, LeastUsed, LeastUseful, NearestGated)
WEIGHT = np.array([0.7, -0.4], "float32")


def _layer(kind, slots):
    layer = kind(slots)
    layer.build((None, None, 2))
    if kind is LeastUseful:
        layer.weight.assign(WEIGHT)
    if kind is NearestGated:
        layer.weight.assign(np.concatenate([WEIGHT, -2 * WEIGHT]))
        layer.bias.assign(0.3)
    return layer


def _gate(x, m):
    logit = x @ WEIGHT - 2 * m @ WEIGHT + 0.3
    return 1 / (1 + np.exp(-logit))


class Plain:
    """One memory, written one input at a time."""

    def __init__(self, kind, slots):
        self.kind = kind
        self.features = np.zeros((slots, 2))
        self.mask = np.zeros(slots, bool)
        self.time = np.zeros(slots, int)
        self.usage = np.zeros(slots)
        self.written = 0

    def write(self, x):
        slot, share = self._slot(x), 1
        if self.kind is NearestGated and self.mask[slot]:
            share = _gate(x, self.features[slot])
        self.features[slot] += share * (x - self.features[slot])
        self.mask[slot], self.time[slot] = True, self.written
        self.usage *= 0.95
        self.usage[slot] = 1
        self.written += 1

    def _slot(self, x):
        if self.kind is Ring:
            return self.written % len(self.mask)
        if not self.mask.all():
            return np.argmin(self.mask)
        return np.argmin(
            {
                LeastUsed: self.usage,
                LeastUseful: self.features @ WEIGHT,
                NearestGated: np.sum((self.features - x) ** 2, axis=1),
            }[self.kind]
        )


def _assert_same(memory, plain):
    np.testing.assert_array_equal(memory.mask[0], plain.mask)
    np.testing.assert_array_equal(memory.time[0], plain.time)
    np.testing.assert_allclose(memory.features[0], plain.features, atol=1e-5)
    if plain.kind is LeastUsed:
        np.testing.assert_allclose(memory.usage[0], plain.usage, atol=1e-5)


@pytest.mark.parametrize("kind", LAYERS)
@FEW
@given(
    slots=st.integers(1, 4),
    calls=st.lists(
        st.lists(st.booleans(), min_size=1, max_size=6),
        min_size=1,
        max_size=3,
    ),
    seed=st.integers(0, 1000),
)
def test_the_memory_is_that_of_a_plain_loop(kind, slots, calls, seed):
    random = np.random.default_rng(seed)
    layer, plain, memory = _layer(kind, slots), Plain(kind, slots), None
    for written in calls:
        inputs = random.normal(size=(len(written), 2)).astype("float32")
        memory = layer(inputs[None], memory, written=np.array([written]))
        for x in inputs[written]:
            plain.write(x)
        if kind is LeastUsed:
            addresses = random.random(slots) * plain.mask
            memory = memory.read(addresses[None, None].astype("float32"))
            plain.usage += addresses
        _assert_same(memory, plain)
    assert np.sum(memory.mask) == min(slots, plain.written)
    assert memory.written().numpy().tolist() == [plain.written]


@pytest.mark.parametrize("kind", LAYERS)
def test_what_is_not_written_may_be_nan(kind):
    inputs = np.array([[[1, 2], [np.nan, np.nan], [3, 4]]], "float32")
    written = np.array([[True, False, True]])
    memory = _layer(kind, 3)(inputs, written=written)
    assert memory.features.numpy().tolist() == [[[1, 2], [3, 4], [0, 0]]]
    assert memory.mask.numpy().tolist() == [[True, True, False]]
    assert memory.time.numpy().tolist() == [[0, 1, 0]]


@pytest.mark.parametrize("kind", LAYERS)
def test_no_inputs_leave_the_memory_as_it_is(kind):
    layer, inputs = _layer(kind, 2), np.ones((1, 3, 2), "float32")
    nothing = np.zeros((1, 3), bool)
    memory = layer(inputs)
    for none in (
        layer(inputs[:, :0], memory),
        layer(inputs, memory, written=nothing),
    ):
        for one, two in zip(none, memory, strict=True):
            np.testing.assert_array_equal(one, two)
    assert not np.any(layer(inputs[:, :0]).mask)


@pytest.mark.parametrize("kind", (Ring, LeastUsed))
def test_ids_of_words_are_kept_whole(kind):
    ids = np.arange(12, dtype="int32").reshape(1, 4, 3)
    memory = kind(3)(ids)
    assert memory.features.dtype == "int32"
    assert memory.features.numpy()[0].tolist() == ids[0, [3, 1, 2]].tolist()


def test_a_ring_holds_what_append_holds():
    inputs = np.random.default_rng(0).normal(size=(2, 7, 3)).astype("float32")
    ring, append = Ring(4)(inputs), Append(4)(inputs)
    order = np.argsort(ring.time, axis=1)
    np.testing.assert_array_equal(
        np.take_along_axis(ring.features.numpy(), order[..., None], 1),
        append.features,
    )
    np.testing.assert_array_equal(ring.age().numpy().max(axis=1), [4, 4])


def test_what_is_read_is_kept():
    layer = LeastUsed(2, decay=0.5)
    memory = layer(np.array([[[1.0], [2.0]]], "float32"))
    assert memory.usage.numpy().tolist() == [[0.5, 1]]
    memory = memory.read(np.array([[[0.5, 0], [0.5, 0]]], "float32"))
    assert memory.usage.numpy().tolist() == [[1.5, 1]]
    memory = layer(np.array([[[3.0]]], "float32"), memory)
    assert memory.features.numpy().tolist() == [[[1], [3]]]
    assert memory.age().numpy().tolist() == [[3, 1]]


def test_slots_that_nobody_uses_for_long_are_not_empty():
    inputs = np.ones((1, 200, 1), "float32")
    memory = LeastUsed(200, decay=0.5)(inputs)
    assert np.all(memory.mask)


def test_a_memory_without_usage_is_not_overwritten_by_usage():
    memory = Memory.empty(1, 2, (3,))
    with pytest.raises(ValueError, match="Expected `memory` to be a UsedMem"):
        LeastUsed(2)(np.ones((1, 1, 3), "float32"), memory)
    LeastUsed(2)(np.ones((1, 1, 3), "float32"), UsedMemory.empty(1, 2, (3,)))


@pytest.mark.parametrize("decay", [0, -0.1, 1.1])
def test_decay_must_be_a_share(decay):
    with pytest.raises(ValueError, match="Expected `decay`.*Received"):
        LeastUsed(2, decay)


@pytest.mark.parametrize("kind", LAYERS)
def test_what_cannot_be_written_is_refused(kind):
    inputs = np.ones((1, 2, 3), "float32")
    for slots in (0, -1, 2.0, None):
        with pytest.raises(ValueError, match="Expected `slots`.*Received"):
            kind(slots)
    with pytest.raises(ValueError, match="Expected `features` of shape"):
        kind(2).call(np.zeros(3, "float32"))
    for slots, shape in ((3, (3,)), (2, (4,))):
        memory = kind.memory_type.empty(1, slots, shape)
        with pytest.raises(ValueError, match="Expected `memory.features`"):
            kind(2)(inputs, memory)


@pytest.mark.parametrize("kind", LAYERS)
def test_shapes_are_known_before_the_values(kind):
    memory = kind(3)(keras.KerasTensor((None, None, 2)))
    assert memory.features.shape == (None, 3, 2)
    assert memory.mask.dtype == "bool"
    assert memory.time.dtype == "int32"


@pytest.mark.parametrize("kind", LAYERS)
def test_the_number_of_inputs_need_not_be_known(kind):
    layer = _layer(kind, 3)
    inputs = np.random.default_rng(0).normal(size=(2, 5, 2)).astype("float32")
    call = tf.function(
        layer, input_signature=[tf.TensorSpec([None, None, 2], "float32")]
    )
    for count in (1, 5):
        for one, two in zip(
            call(inputs[:, :count]), layer(inputs[:, :count]), strict=True
        ):
            np.testing.assert_allclose(one, two, atol=1e-6)


def test_gradients_reach_inputs_slots_and_gate():
    layer, random = _layer(NearestGated, 2), np.random.default_rng(0)
    slots = tf.constant(random.normal(size=(1, 2, 2)).astype("float32"))
    inputs = tf.constant(random.normal(size=(1, 3, 2)).astype("float32"))
    filled = np.ones((1, 2), bool)

    def loss(slots, inputs):
        memory = Memory(slots, filled, np.zeros((1, 2), "int32"))
        return tf.reduce_sum(layer(inputs, memory).features ** 2)

    sources = [slots, inputs, layer.weight.value, layer.bias.value]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        value = loss(slots, inputs)
    gradients = tape.gradient(value, sources)
    for gradient in gradients:
        assert np.all(gradient != 0)
    # Checked by a small step along one of each.
    step = np.zeros((1, 2, 2), "float32")
    step[0, 0, 1] = 1e-2
    change = loss(slots + step, inputs) - loss(slots - step, inputs)
    np.testing.assert_allclose(change / 2e-2, gradients[0][0, 0, 1], rtol=0.01)
    bias = layer.bias.numpy()
    change = 0
    for sign in (1, -1):
        layer.bias.assign(bias + sign * 1e-2)
        change += sign * loss(slots, inputs)
    np.testing.assert_allclose(change / 2e-2, gradients[3], rtol=0.01)


def test_usefulness_is_taught_by_what_would_have_been_better():
    layer = _layer(LeastUseful, 2)
    layer.weight.assign([-1.0, 0.0])
    inputs = np.array([[[1, 0], [-1, 0], [5, 0]]], "float32")
    assert layer(inputs).features.numpy()[0, :, 0].tolist() == [5, -1]
    # The loss is lower where 1 is kept, so the weight should rise.
    with tf.GradientTape() as tape:
        lost = tf.square(layer(inputs).features[0, 0, 0] - 1)
    gradient = tape.gradient(lost, layer.weight.value)
    assert gradient[0] < 0
    # With room for all, nothing is chosen and nothing learned.
    roomy = _layer(LeastUseful, 3)
    with tf.GradientTape() as tape:
        lost = tf.reduce_sum(roomy(inputs).features ** 2)
    np.testing.assert_array_equal(tape.gradient(lost, roomy.weight.value), 0)
