"""O: memories and the question read one another, hop after hop."""

import keras
import numpy as np
from keras import ops

from memnet_tf.checks import one_vector_a_slot, positive_ints
from memnet_tf.layers.output_map import addressing


@keras.saving.register_keras_serializable("memnet_tf")
class CrossReference(keras.Layer):
    """Reads a memory whose slots read one another first.

    The slots, in the order of writing, and last the question are states
    `y_i`. Every hop, with the same weights, is (`n` normalizes by the root
    mean square):

    1. each state scores the others in every head, `s_ij = q_i . k_j / sqrt(d
       / heads) + g . y_j`, of `q, k, v = W n(y)`;
    2. heads turn scores into addresses: `softmax` over all states, with a
       learned bias by distance in time; `older` by stick-breaking over the
       older states, so that the newest that matches wins; `newer` the other
       way round, over the newer slots;
    3. what all heads read is added, `y_i += W_o sum_j p_ij v_j`;
    4. so is a gated layer that knows the question's state `u = n(y_q)`,
       `y_i += W_2 (gelu(W_1 n(y_i) + U_1 u) * (W_3 n(y_i) + U_3 u))`.

    The question's last state is what was read. Stick-breaking is
    `addressing.stick_breaking`: the gated scan over a story in closed form.

    Args:
        hops: `K`.
        softmax: heads over all states.
        older: stick-breaking heads over older states.
        newer: stick-breaking heads over newer slots.
        expansion: units of the gated layer, as a multiple of `d`.
        distances: distances told apart; those beyond share a bias.

    Call arguments:
        question: `(B, d)`.
        memory: a `Memory` with features `(B, S, d)`, in order of writing.

    Output:
        `(output (B, d), addresses (B, K, S))`: the question's addresses, the
        mean over the heads that it reads with. They sum to at most 1.

    Example:

    >>> memory = Append(slots=2)(np.ones((1, 2, 6), "float32"))
    >>> output, addresses = CrossReference(2, softmax=2, older=1, newer=0)(
    ...     np.ones((1, 6), "float32"), memory
    ... )
    >>> output.shape, addresses.shape
    (TensorShape([1, 6]), TensorShape([1, 2, 2]))
    """

    def __init__(
        self,
        hops=4,
        softmax=4,
        older=2,
        newer=2,
        expansion=2,
        distances=32,
        **kwargs,
    ):
        super().__init__(**kwargs)
        positive_ints(hops=hops, expansion=expansion, distances=distances)
        for name, heads in (
            ("softmax", softmax),
            ("older", older),
            ("newer", newer),
        ):
            if not isinstance(heads, int) or heads < 0:
                raise ValueError(
                    f"Expected `{name}` to be an int, at least 0. "
                    f"Received: {heads!r}"
                )
        if softmax + older < 1:
            raise ValueError(
                "Expected a head that the question reads with, `softmax` or "
                f"`older`. Received: softmax={softmax}, older={older}"
            )
        self.hops = hops
        self.softmax = softmax
        self.older = older
        self.newer = newer
        self.expansion = expansion
        self.distances = distances

    @property
    def heads(self):
        return self.softmax + self.older + self.newer

    def build(self, question_shape, memory_shape=None):
        units = question_shape[-1]
        if units % self.heads:
            raise ValueError(
                f"Expected units that {self.heads} heads can part evenly. "
                f"Received: {units}"
            )
        wide = self.expansion * units

        def matrix(name, shape, gain=1.0):
            scale = gain / np.sqrt(shape[0])
            return self.add_weight(
                name=name,
                shape=shape,
                initializer=keras.initializers.RandomNormal(stddev=scale),
            )

        self.query_key_value = matrix("query_key_value", (units, 3 * units))
        self.merge = matrix("merge", (units, units), 0.5)
        self.worth = matrix("worth", (units, self.heads), 0.5)
        self.worth_bias = self.add_weight(
            name="worth_bias",
            shape=(self.heads,),
            initializer=keras.initializers.Constant(-1.0),
        )
        self.distance_bias = self.add_weight(
            name="distance_bias",
            shape=(2 * self.distances + 1, self.softmax),
            initializer="zeros",
        )
        self.widen = matrix("widen", (units, 2 * wide))
        self.widen_question = matrix("widen_question", (units, 2 * wide))
        self.widen_bias = self.add_weight(
            name="widen_bias", shape=(2 * wide,), initializer="zeros"
        )
        self.narrow = matrix("narrow", (wide, units), 0.5)
        self.scales = [
            self.add_weight(name=name, shape=(units,), initializer="ones")
            for name in ("scale_of_heads", "scale_of_gates", "scale_of_output")
        ]

    def call(self, question, memory):
        one_vector_a_slot(memory, question)
        states = ops.concatenate(
            [memory.features, ops.expand_dims(question, 1)], axis=1
        )
        mask = ops.pad(memory.mask, [(0, 0), (0, 1)], constant_values=True)
        bias = self._bias(memory)
        scores, gates, last = self.scales
        addresses = []
        for _ in range(self.hops):
            read, address = self._read(_normal(states, scores), mask, bias)
            states = states + read
            states = states + self._gated(_normal(states, gates))
            addresses.append(address)
        return _normal(states[:, -1], last), ops.stack(addresses, axis=1)

    def _bias(self, memory):
        """Bias of the softmax heads by distance, `(B, heads, N, N)`.

        Between slots it is the distance of their places, which costs no
        look-up for every story; to and from the question the slot's age.
        """
        if not self.softmax:
            return None
        most = self.distances
        table = ops.cast(self.distance_bias, self.compute_dtype)
        slots = ops.shape(memory.mask)[1]
        place = ops.arange(slots + 1, dtype="int32")
        between = ops.expand_dims(place, 1) - place
        between = ops.clip(between, -most, most) + most
        between = ops.transpose(ops.take(table, between, axis=0), (2, 0, 1))
        age = ops.pad(ops.minimum(memory.age(), most), [(0, 0), (0, 1)])
        back, ahead = [
            ops.transpose(ops.take(table, apart + most, axis=0), (0, 2, 1))
            for apart in (age, -age)
        ]
        last = ops.equal(place, slots)
        bias = ops.where(last, ops.expand_dims(ahead, 3), between)
        last = ops.expand_dims(last, 1)
        return ops.where(last, ops.expand_dims(back, 2), bias)

    def _read(self, states, mask, bias):
        """What every state reads `(B, N, d)`, and the question's addresses."""
        count, units = ops.shape(states)[1], states.shape[2]
        parts = ops.reshape(
            ops.matmul(states, ops.cast(self.query_key_value, states.dtype)),
            (-1, count, 3, self.heads, units // self.heads),
        )
        query, key, value = ops.unstack(
            ops.transpose(parts, (2, 0, 3, 1, 4)), axis=0
        )
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2)))
        scores = scores / np.sqrt(units // self.heads)
        worth = ops.matmul(states, ops.cast(self.worth, states.dtype))
        worth = worth + ops.cast(self.worth_bias, states.dtype)
        scores = scores + ops.expand_dims(ops.transpose(worth, (0, 2, 1)), 2)
        weights = self._addresses(scores, mask, bias)
        read = ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))
        read = ops.reshape(read, (-1, count, units))
        own = weights[:, : self.softmax + self.older, -1, :-1]
        read = ops.matmul(read, ops.cast(self.merge, states.dtype))
        return read, ops.mean(own, axis=1)

    def _addresses(self, scores, mask, bias):
        """Addresses `(B, heads, N, N)` of the states that each state reads."""
        mask = mask[:, None, None, :]
        count = ops.shape(scores)[-1]
        place = ops.arange(count, dtype="int32")
        older = ops.expand_dims(place, 1) > place
        newer = ops.expand_dims(place, 1) < place
        newer = ops.logical_and(newer, place < count - 1)
        found = []
        if self.softmax:
            found.append(
                addressing.softmax(scores[:, : self.softmax] + bias, mask)
            )
        start = self.softmax
        for heads, among, flipped in (
            (self.older, older, False),
            (self.newer, newer, True),
        ):
            if heads:
                part = scores[:, start : start + heads]
                among = ops.logical_and(mask, among)
                if flipped:  # the oldest of the newer ones wins
                    part, among = ops.flip(part, -1), ops.flip(among, -1)
                part = addressing.stick_breaking(part, among)
                found.append(ops.flip(part, -1) if flipped else part)
                start += heads
        return ops.concatenate(found, axis=1)

    def _gated(self, states):
        dtype = states.dtype
        wide = ops.matmul(states, ops.cast(self.widen, dtype))
        asked = ops.matmul(states[:, -1:], ops.cast(self.widen_question, dtype))
        wide = wide + asked + ops.cast(self.widen_bias, dtype)
        gate, passed = ops.split(wide, 2, axis=-1)
        return ops.matmul(ops.gelu(gate) * passed, ops.cast(self.narrow, dtype))

    def get_config(self):
        return {
            **super().get_config(),
            "hops": self.hops,
            "softmax": self.softmax,
            "older": self.older,
            "newer": self.newer,
            "expansion": self.expansion,
            "distances": self.distances,
        }


def _normal(states, scale):
    """States of root mean square 1, scaled by feature."""
    square = ops.mean(ops.square(states), axis=-1, keepdims=True)
    return states * ops.rsqrt(square + 1e-6) * ops.cast(scale, states.dtype)
