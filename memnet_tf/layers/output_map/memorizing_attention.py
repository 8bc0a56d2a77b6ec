"""O: attention to what was said before, long ago too."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.generalization.ring import Ring
from memnet_tf.layers.output_map import addressing
from memnet_tf.layers.retrieval import scoring
from memnet_tf.layers.rows import gather
from memnet_tf.memory import Memory


@keras.saving.register_keras_serializable("memnet_tf")
class MemorizingAttention(keras.Layer):
    """Attends to the inputs before each, and to the nearest in a memory.

    The layer of a Memorizing Transformer (Wu et al. 2022, 2203.08913,
    section 3), with queries `q`, keys `k` and values `v`, linear maps of
    the inputs, for every head, where `q` and `k` have length 1:

    1. local read `l_t = sum_j p_j v_j`, `p = softmax(a q_t . k_j + b_{t-j})`
       over the inputs `j <= t`
    2. memory read `m_t = sum_i p_i v_i`, `p = softmax(a q_t . k_i)` over the
       `k` slots of the memory with the highest scores
    3. read `g m_t + (1 - g) l_t`, gate `g = sigmoid(c)`

    The scale `a`, the gate's `c` and `b` by distance are learned for every
    head. What heads read is mapped once more. Where the memory is empty,
    `g` is 0.

    Keys and values of the inputs are written after they were used, in place
    of the oldest, as by `layers.Ring`. They are the state: call the layer
    with one part of a text after another, each with the memory that the last
    one left. No gradient reaches what a memory holds, so it may be of any
    length, at `B heads T S` comparisons a call.

    Args:
        slots: `S`, inputs that the memory holds.
        k: slots that a head reads for each input.
        heads: number of heads, among which `d` is parted.
        distances: distances that have a `b` of their own; all that are
            longer share the last.

    Call arguments:
        features: `(B, T, d)`, `T` inputs in order of time.
        memory: a `Memory` with features `(B, S, 2, d)`, keys and values; a
            new, empty one if None.
        mask: bool `(B, T)`, False where there is no input: it is neither
            read nor written. That of an embedding is found by itself.

    Output:
        `(output (B, T, d), memory)`.

    Raises:
        ValueError: an argument is not a positive int, heads do not part
            `d` evenly, or the memory has slots of another number or shape.

    Example:

    >>> attention = MemorizingAttention(slots=4, k=2, heads=2)
    >>> _, memory = attention(np.ones((1, 3, 8), "float32"))
    >>> output, memory = attention(np.ones((1, 3, 8), "float32"), memory)
    >>> output.shape, memory.time.numpy().tolist()
    (TensorShape([1, 3, 8]), [[4, 5, 2, 3]])
    """

    def __init__(self, slots, k=32, heads=8, distances=128, **kwargs):
        super().__init__(**kwargs)
        positive_ints(slots=slots, k=k, heads=heads, distances=distances)
        self.slots = slots
        self.k = k
        self.heads = heads
        self.distances = distances
        self.supports_masking = True
        self.write = Ring(slots, dtype=self.dtype_policy)

    def build(self, features_shape, memory_shape=None):
        units = features_shape[-1]
        if units % self.heads:
            raise ValueError(
                f"Expected units that {self.heads} heads can part evenly. "
                f"Received: {units}"
            )

        def matrix(name):
            return self.add_weight(
                name=name, shape=(units, units), initializer="glorot_uniform"
            )

        self.query_map, self.key_map = matrix("query_map"), matrix("key_map")
        self.value_map = matrix("value_map")
        self.read_map = matrix("read_map")
        # At first random queries and keys score as without normalization.
        scale = keras.initializers.Constant((units // self.heads) ** 0.5)
        self.scale = self.add_weight(
            name="scale", shape=(self.heads, 1, 1), initializer=scale
        )
        self.gate = self.add_weight(
            name="gate", shape=(self.heads, 1, 1), initializer="zeros"
        )
        self.by_distance = self.add_weight(
            name="by_distance",
            shape=(self.distances, self.heads),
            initializer="zeros",
        )

    def call(self, features, memory=None, mask=None):
        if mask is None:  # Keras hands it on to layers of one argument only
            mask = getattr(features, "_keras_mask", None)
        if memory is None:
            memory = Memory.empty(
                ops.shape(features)[0],
                self.slots,
                (2, features.shape[-1]),
                features.dtype,
            )
        queries = _of_length_1(self._parted(features, self.query_map))
        keys = _of_length_1(self._parted(features, self.key_map))
        values = self._parted(features, self.value_map)
        written = ops.stack([_joined(keys), _joined(values)], axis=2)
        after = self.write(ops.stop_gradient(written), memory, written=mask)
        local = self._read_local(queries, keys, values, mask)
        past = self._read_memory(queries, memory)
        filled = ops.any(memory.mask, axis=1)[:, None, None, None]
        gate = ops.where(filled, ops.sigmoid(self.gate), 0)
        read = gate * past + (1 - gate) * local
        return ops.matmul(_joined(read), self.read_map), after

    def _parted(self, features, matrix):
        """A linear map `(B, T, d)` by heads, `(B, heads, T, d / heads)`."""
        mapped = ops.matmul(features, matrix)
        size = mapped.shape[-1] // self.heads
        shape = (*ops.shape(mapped)[:2], self.heads, size)
        return ops.transpose(ops.reshape(mapped, shape), (0, 2, 1, 3))

    def _read_local(self, queries, keys, values, mask):
        """What inputs read from those up to them."""
        place = ops.arange(ops.shape(queries)[2], dtype="int32")
        distance = ops.expand_dims(place, 1) - place
        shown = distance >= 0
        if mask is not None:
            shown = ops.logical_and(shown, mask[:, None, None, :])
        bias = ops.take(
            self.by_distance,
            ops.clip(distance, 0, self.distances - 1),
            axis=0,
        )
        scores = ops.einsum("bhte,bhje->bhtj", queries, keys)
        scores = self.scale * scores + ops.transpose(bias, (2, 0, 1))
        return ops.matmul(addressing.softmax(scores, shown), values)

    def _read_memory(self, queries, memory):
        """What inputs read from the `k` slots nearest to each."""
        batch, _, inputs, size = ops.shape(queries)
        slots = ops.reshape(
            ops.stop_gradient(memory.features),
            (batch, self.slots, 2, self.heads, size),
        )
        slots = ops.transpose(slots, (0, 3, 1, 2, 4))  # (B, heads, S, 2, e)
        nearest = self._nearest(queries, slots[:, :, :, 0], memory.mask)
        rows = gather(
            ops.reshape(slots, (batch * self.heads, self.slots, 2 * size)),
            ops.reshape(nearest, (batch * self.heads, -1)),
        )
        rows = ops.reshape(rows, (batch, self.heads, inputs, -1, 2, size))
        keys, values = ops.unstack(rows, axis=4)  # (B, heads, T, k, e)
        # The best stand first, so that what is not found stands last.
        filled = ops.sum(ops.cast(memory.mask, "int32"), axis=1)
        found = ops.arange(nearest.shape[-1], dtype="int32")
        found = found < filled[:, None, None, None]
        scores = ops.einsum("bhte,bhtke->bhtk", queries, keys)
        addresses = addressing.softmax(self.scale * scores, found)
        return ops.einsum("bhtk,bhtke->bhte", addresses, values)

    def _nearest(self, queries, keys, mask):
        """The slots `(B, heads, T, k)` with the highest scores, best first."""
        queries, keys = (
            ops.cast(ops.stop_gradient(x), "float32") for x in (queries, keys)
        )
        scores = ops.einsum("bhte,bhse->bhts", queries, keys)
        scores = scoring.hidden(scores, mask[:, None, None, :])
        return ops.top_k(scores, min(self.k, self.slots))[1]

    def get_config(self):
        return {
            **super().get_config(),
            "slots": self.slots,
            "k": self.k,
            "heads": self.heads,
            "distances": self.distances,
        }


def _joined(parts):
    """What heads hold, `(B, heads, T, d / heads)`, side by side."""
    joined = ops.transpose(parts, (0, 2, 1, 3))
    shape = (*ops.shape(joined)[:2], parts.shape[1] * parts.shape[3])
    return ops.reshape(joined, shape)


def _of_length_1(vectors):
    """Vectors divided by their length; next to none stay so."""
    square = ops.sum(ops.square(ops.cast(vectors, "float32")), -1, True)
    return vectors * ops.cast(ops.rsqrt(square + 1e-6), vectors.dtype)
