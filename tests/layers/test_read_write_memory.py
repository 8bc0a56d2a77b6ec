"""The read-write memory, against the equations of Graves et al. 2016."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from memnet_tf.addressed_memory import AddressedMemory, LinkedMemory
from memnet_tf.layers import ReadWriteMemory
from memnet_tf.layers.generalization import soft_writes
from memnet_tf.layers.output_map import content

SLOTS, UNITS, READS, CONTROL = 4, 3, 2, 5
ALL = np.ones((1, 3), bool)


def _normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def _logistic(x):
    return 1 / (1 + np.exp(-x))


def _softmax(x):
    shares = np.exp(x - x.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)


# One step for one sequence, in numpy, as the paper's Methods have it.


def _allocation(usage):
    order = np.argsort(usage, kind="stable")
    room, left = np.zeros_like(usage), 1.0
    for slot in order:
        room[slot] = (1 - usage[slot]) * left
        left *= usage[slot]
    return room


def _content(key, strength, slots, filled, k=None):
    address = np.zeros(len(slots))
    squares = np.sum(key**2) * np.sum(slots**2, axis=1)
    scores = strength * (slots @ key) / np.sqrt(squares + 1e-6)
    best = np.flatnonzero(filled)
    best = best[np.argsort(-scores[best])][:k]
    if len(best):
        address[best] = _softmax(scores[best])
    return address


def _step(layer, control, memory):
    """What is read, the write's address, and the memory `{name: part}`."""
    does = layer._sizes
    interface = control @ layer.kernel.numpy() + layer.bias.numpy()
    parts = np.split(interface, np.cumsum(list(does.values()))[:-1])
    does = dict(zip(does, parts, strict=True))
    slots, last = memory["features"], memory["read_addresses"]
    usage = memory["usage"].copy()
    free = _logistic(does["free"])
    for read in range(READS):
        usage *= 1 - free[read] * last[read]
    found = _content(
        does["write_key"],
        1 + np.log1p(np.exp(does["write_strength"])),
        slots,
        usage > 0,
        layer.top_k,
    )
    write, allocate = _logistic(does["write_gates"])
    address = write * (allocate * _allocation(usage) + (1 - allocate) * found)
    erase = _logistic(does["erase"])
    slots = slots * (1 - np.outer(address, erase))
    slots = slots + np.outer(address, does["add"])
    usage = usage + address - usage * address
    after = {"features": slots, "usage": usage}
    if layer.links:
        links = np.zeros((SLOTS, SLOTS))
        for i in range(SLOTS):
            for j in range(SLOTS):
                if i != j:
                    kept = 1 - address[i] - address[j]
                    links[i, j] = kept * memory["links"][i, j]
                    links[i, j] += address[i] * memory["precedence"][j]
        after["links"] = links
        kept = 1 - address.sum()
        after["precedence"] = kept * memory["precedence"] + address
    keys = does["read_keys"].reshape(READS, UNITS)
    strengths = 1 + np.log1p(np.exp(does["read_strengths"]))
    after["read_addresses"] = np.zeros((READS, SLOTS))
    for read in range(READS):
        found = _content(
            keys[read], strengths[read], slots, usage > 0, layer.top_k
        )
        if layer.links:
            modes = _softmax(does["modes"].reshape(READS, 3)[read])
            back, ahead = links.T @ last[read], links @ last[read]
            found = modes[0] * back + modes[1] * found + modes[2] * ahead
        after["read_addresses"][read] = found
    return after["read_addresses"] @ slots, address, after


def _layer(**arguments):
    keras.utils.set_random_seed(0)
    layer = ReadWriteMemory(SLOTS, UNITS, READS, **arguments)
    layer.build((None, CONTROL))
    layer.bias.assign(_normal(*layer.bias.shape))
    return layer


@pytest.mark.parametrize(
    "arguments",
    [{}, {"top_k": 2}, {"links": False}, {"links": False, "top_k": 1}],
    ids=str,
)
def test_steps_are_those_of_the_equations(arguments):
    layer, memory = _layer(**arguments), None
    empty = layer.empty(2)
    expected = [
        {name: part[row].numpy() for name, part in empty._asdict().items()}
        for row in range(2)
    ]
    for step in range(7):  # more than there are slots
        control = 2 * _normal(2, CONTROL, seed=step)
        read, write_address, memory = layer(control, memory)
        for row in range(2):
            told, address, expected[row] = _step(
                layer, control[row], expected[row]
            )
            np.testing.assert_allclose(read[row], told, atol=2e-4)
            np.testing.assert_allclose(write_address[row], address, atol=1e-5)
            for name, part in expected[row].items():
                received = getattr(memory, name)[row]
                np.testing.assert_allclose(received, part, atol=2e-4)


@pytest.mark.parametrize(
    ("usage", "room"),
    [
        ([0, 0, 0], [1, 0, 0]),  # of equals the first
        ([1, 0, 0], [0, 1, 0]),
        ([1, 1, 1], [0, 0, 0]),
        ([0.5, 0.2, 0.9], [0.5 * 0.2, 0.8, 0.1 * 0.2 * 0.5]),
        ([0.5, 0.5, 0.5], [0.5, 0.25, 0.125]),
    ],
)
def test_room_is_given_to_the_least_used_first(usage, room):
    received = soft_writes.allocation(np.array([usage], "float32"))
    np.testing.assert_allclose(received, [room], atol=1e-6)


def test_an_empty_slot_leaves_exactly_nothing_to_others():
    usage = np.array([[0.3, 0, 1e-30, 0]], "float32")
    assert soft_writes.allocation(usage).numpy().tolist() == [[0, 1, 0, 0]]


def test_gradients_of_usage_are_finite_in_an_empty_memory():
    usage = tf.constant([[0.0, 0.0, 0.5]])
    with tf.GradientTape() as tape:
        tape.watch(usage)
        room = soft_writes.allocation(usage)[:, 0]
    np.testing.assert_allclose(tape.gradient(room, usage), [[-1, 0, 0]])


def test_links_lead_through_writes_in_order():
    links, precedence = np.zeros((1, 3, 3)), np.zeros((1, 3))
    for slot in (2, 0, 1):
        address = np.eye(3)[None, slot]
        links = soft_writes.links_after(links, precedence, address)
        precedence = soft_writes.precedence_after(precedence, address)
    # Slot 0 follows 2, and 1 follows 0; the last write precedes the next.
    assert links.numpy().tolist() == [[[0, 0, 1], [1, 0, 0], [0, 0, 0]]]
    assert precedence.numpy().tolist() == [[0, 1, 0]]


def test_a_slot_written_again_forgets_what_it_followed():
    first, second = np.eye(2)[None, 0], np.eye(2)[None, 1]
    links = soft_writes.links_after(np.zeros((1, 2, 2)), first, second)
    assert links[0, 1, 0] == 1
    links = soft_writes.links_after(links, second, second)
    assert links[0, 1, 0] == 0


def test_a_half_write_erases_and_adds_half():
    received = soft_writes.erase_and_add(
        np.array([[[2.0, 2.0]]]),
        np.array([[0.5]]),
        erase=np.array([[1.0, 0.0]]),
        add=np.array([[6.0, -2.0]]),
    )
    assert received.numpy().tolist() == [[[4, 1]]]


@pytest.mark.parametrize(("strength", "share"), [(1.0, 0.731), (5.0, 0.993)])
def test_strength_sharpens(strength, share):
    key = np.array([[[1.0, 0, 0]]])
    slots = np.array([[[2.0, 0, 0], [0, 1, 0]]])
    received = content.content_addresses(
        key, np.array([[strength]]), slots, ALL[:, :2]
    )
    np.testing.assert_allclose(received[0, 0], [share, 1 - share], atol=1e-3)


def test_empty_slots_are_never_addressed_by_content():
    key = np.array([[[1.0, 0, 0]]])
    for k in (None, 2):
        received = content.content_addresses(
            key, np.ones((1, 1)), np.eye(3)[None], ~ALL, k
        )
        assert received.numpy().tolist() == [[[0, 0, 0]]]


def test_a_key_finds_the_k_slots_most_like_it():
    key = np.array([[[3.0, 2.0, 1.0]]])
    received = content.content_addresses(
        key, np.ones((1, 1)), np.eye(3)[None], ALL, k=2
    ).numpy()
    assert received[0, 0, 2] == 0
    np.testing.assert_allclose(
        received[0, 0, :2], _softmax(np.array([3, 2]) / 14**0.5), atol=1e-5
    )


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.booleans())
def test_usage_and_addresses_stay_within_one(seed, links):
    layer = _layer(links=links)
    random = np.random.default_rng(seed)
    scale = 10.0 ** random.integers(-2, 3)
    layer.bias.assign(scale * random.normal(size=layer.bias.shape))
    memory = None
    for _ in range(6):
        control = scale * random.normal(size=(2, CONTROL))
        read, address, memory = layer(control, memory)
        assert np.all(np.isfinite(read))
        for part in (memory.usage, address, memory.read_addresses):
            assert np.all(part >= -1e-5) and np.all(part <= 1 + 1e-5)
        for part in (address, memory.read_addresses):
            assert np.all(np.sum(part, axis=-1) <= 1 + 1e-5)
        if links:
            assert np.all(np.sum(memory.links, axis=-1) <= 1 + 1e-5)
            assert np.all(np.sum(memory.links, axis=-2) <= 1 + 1e-5)


def test_more_slots_change_nothing_until_they_are_filled():
    few, many = _layer(), ReadWriteMemory(9, UNITS, READS)
    many.build((None, CONTROL))
    many.set_weights(few.get_weights())
    ours = theirs = None
    for step in range(SLOTS):
        control = _normal(2, CONTROL, seed=step)
        read, _, ours = few(control, ours)
        same, _, theirs = many(control, theirs)
        np.testing.assert_allclose(read, same, atol=1e-6)
    assert np.all(theirs.usage[:, SLOTS:] == 0)


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="`reads`.*Received: 0"):
        ReadWriteMemory(2, 3, reads=0)
    with pytest.raises(ValueError, match="`top_k`.*Received: 0"):
        ReadWriteMemory(2, 3, top_k=0)
    control = _normal(2, CONTROL)
    memory = AddressedMemory.empty(2, SLOTS, UNITS, READS)
    with pytest.raises(ValueError, match="to be a LinkedMemory.*Addressed"):
        _layer()(control, memory)
    memory = LinkedMemory.empty(2, 7, UNITS, READS)
    with pytest.raises(ValueError, match=r"\(4, 3\). Received: .*\(7, 3\)"):
        _layer()(control, memory)
