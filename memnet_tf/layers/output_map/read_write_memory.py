"""O: one step of a memory that what controls it writes and reads."""

import keras
import numpy as np
from keras import ops

from memnet_tf.addressed_memory import AddressedMemory, LinkedMemory
from memnet_tf.checks import positive_ints
from memnet_tf.layers.generalization.soft_writes import (
    allocation,
    erase_and_add,
    links_after,
    precedence_after,
    usage_freed,
    usage_written,
)
from memnet_tf.layers.output_map.content import content_addresses


@keras.saving.register_keras_serializable("memnet_tf")
class ReadWriteMemory(keras.Layer):
    """Writes to a memory, then reads it, by content, usage and order.

    The memory of the Differentiable Neural Computer (Graves et al. 2016,
    Methods; see `soft_writes` and `content`). A linear map of the control
    says what a step does, by keys `k` with strengths `b`, vectors `e` and
    `v`, gates `f`, `g` and `h` and modes `z`. With slots `m`:

    1. slots that the last step read are free again, as far as `f` says;
    2. write at `w = g (h a + (1 - h) c)`, where `a` is where there is room
       and `c` the softmax of `b cos(k, m_i)`: `m_i <- m_i (1 - w_i e) +
       w_i v`, and usage rises;
    3. links `l_ij` keep that slot `i` was written just after slot `j`;
    4. each read goes back from where it read last, by content, or ahead, at
       `w <- z_1 (w l) + z_2 c + z_3 (l w)`, and gives `sum_i w_i m_i`.

    Empty slots, of usage 0, are never addressed by content, so that a memory
    can have more slots than in training: in the paper they hold zeros, and
    take a share of every softmax.

    Args:
        slots: `S`, the number of slots.
        units: `d`, features of a slot.
        reads: `R`, reads of a step.
        links: whether reads can follow the order of writing; without links
            they go by content alone, and a memory holds no `S` by `S` links.
        top_k: slots that a key addresses, the best (Sparse Access Memory,
            Rae et al. 2016, 1610.09027); all of them if None.

    Call arguments:
        control: `(B, n)`, of what controls the memory.
        memory: an `AddressedMemory`, or with links a `LinkedMemory`; a new,
            empty one if None.

    Output:
        `(read (B, R, d), write_address (B, S), memory)`; the memory has the
        addresses of reads.

    Raises:
        ValueError: `slots`, `units`, `reads` or `top_k` is not a positive
            int, or the memory is of another type or shape.

    Example:

    >>> layer = ReadWriteMemory(slots=3, units=4, reads=2)
    >>> read, write_address, memory = layer(np.ones((1, 5), "float32"))
    >>> read.shape, (write_address.numpy() > 0).tolist()
    (TensorShape([1, 2, 4]), [[True, False, False]])
    """

    def __init__(self, slots, units, reads=1, links=True, top_k=None, **kwargs):
        super().__init__(**kwargs)
        positive_ints(slots=slots, units=units, reads=reads)
        if top_k is not None:
            positive_ints(top_k=top_k)
        self.slots = slots
        self.units = units
        self.reads = reads
        self.links = links
        self.top_k = top_k

    @property
    def memory_type(self):
        """`LinkedMemory` or `AddressedMemory`."""
        return LinkedMemory if self.links else AddressedMemory

    def build(self, control_shape, memory_shape=None):
        # What a step needs of the control, in this order.
        self._sizes = {
            "read_keys": self.reads * self.units,
            "read_strengths": self.reads,
            "write_key": self.units,
            "write_strength": 1,
            "erase": self.units,
            "add": self.units,
            "free": self.reads,
            "write_gates": 2,
            "modes": 3 * self.reads if self.links else 0,
        }
        size = sum(self._sizes.values())
        self.kernel = self.add_weight(
            name="kernel",
            shape=(control_shape[-1], size),
            initializer="glorot_uniform",
        )
        self.bias = self.add_weight(
            name="bias", shape=(size,), initializer="zeros"
        )

    def call(self, control, memory=None):
        if memory is None:
            memory = self.empty(ops.shape(control)[0])
        self._check(memory)
        does = self._parted(
            ops.add(ops.matmul(control, self.kernel), self.bias)
        )
        memory = keras.tree.map_structure(_full, memory)
        memory, write_address = self._write(memory, does)
        if self.links:
            memory = _link(memory, write_address)
        addresses = self._read_addresses(memory, does)
        memory = memory._replace(read_addresses=addresses)
        read = ops.matmul(addresses, memory.features)
        return keras.tree.map_structure(
            lambda part: ops.cast(part, self.compute_dtype),
            (read, write_address, memory),
        )

    def empty(self, batch_size):
        """The memory that `batch_size` sequences begin with."""
        return self.memory_type.empty(
            batch_size, self.slots, self.units, self.reads, self.compute_dtype
        )

    def _parted(self, interface):
        """What a step does, by name, of `(B, sum of sizes)`."""
        ends = np.cumsum(list(self._sizes.values()))[:-1]
        parts = ops.split(_full(interface), ends.tolist(), axis=1)
        does = dict(zip(self._sizes, parts, strict=True))
        for name in ("read_strengths", "write_strength"):
            does[name] = 1 + ops.softplus(does[name])
        for name in ("erase", "free", "write_gates"):
            does[name] = ops.sigmoid(does[name])
        does["read_keys"] = self._by_read(does["read_keys"])
        if self.links:
            does["modes"] = ops.softmax(self._by_read(does["modes"]))
        return does

    def _by_read(self, part):
        return ops.reshape(part, (-1, self.reads, part.shape[1] // self.reads))

    def _write(self, memory, does):
        """The memory after a write, and its address `(B, S)`."""
        usage = usage_freed(memory.usage, memory.read_addresses, does["free"])
        content = content_addresses(
            ops.expand_dims(does["write_key"], 1),
            does["write_strength"],
            memory.features,
            usage > 0,
            self.top_k,
        )[:, 0]
        write, allocate = ops.split(does["write_gates"], 2, axis=1)
        room = allocation(usage)
        address = write * (allocate * room + (1 - allocate) * content)
        features = erase_and_add(
            memory.features, address, does["erase"], does["add"]
        )
        usage = usage_written(usage, address)
        return memory._replace(features=features, usage=usage), address

    def _read_addresses(self, memory, does):
        """Where the reads of a step go, `(B, R, S)`."""
        content = content_addresses(
            does["read_keys"],
            does["read_strengths"],
            memory.features,
            memory.usage > 0,
            self.top_k,
        )
        if not self.links:
            return content
        last, modes = memory.read_addresses, does["modes"]
        back = ops.matmul(last, memory.links)
        ahead = ops.matmul(last, ops.swapaxes(memory.links, 1, 2))
        ways = ops.stack([back, content, ahead], axis=2)  # (B, R, 3, S)
        return ops.sum(ops.expand_dims(modes, 3) * ways, axis=2)

    def _check(self, memory):
        expected = self.slots, self.units
        received = tuple(memory.features.shape)[1:]
        if not isinstance(memory, self.memory_type) or received != expected:
            raise ValueError(
                f"Expected `memory` to be a {self.memory_type.__name__} of "
                f"slots and units {expected}. Received: "
                f"{type(memory).__name__} of {received}"
            )

    def compute_output_spec(self, control, memory=None):
        batch = control.shape[0]

        def spec(*shape):
            return keras.KerasTensor((batch, *shape), self.compute_dtype)

        slots, units, reads = self.slots, self.units, self.reads
        parts = {
            "features": spec(slots, units),
            "usage": spec(slots),
            "read_addresses": spec(reads, slots),
            "precedence": spec(slots),
            "links": spec(slots, slots),
        }
        kind = self.memory_type
        memory = kind(*[parts[field] for field in kind._fields])
        return spec(reads, units), spec(slots), memory

    def get_config(self):
        return {
            **super().get_config(),
            "slots": self.slots,
            "units": self.units,
            "reads": self.reads,
            "links": self.links,
            "top_k": self.top_k,
        }


def _link(memory, address):
    """The memory after its links have learned of a write."""
    return memory._replace(
        links=links_after(memory.links, memory.precedence, address),
        precedence=precedence_after(memory.precedence, address),
    )


def _full(part):
    return ops.cast(part, "float32")
