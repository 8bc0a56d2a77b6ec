"""O: a question that every memory reduces, in gated scans."""

import keras
import numpy as np
from keras import ops

from memnet_tf.checks import one_vector_a_slot, positive_ints
from memnet_tf.layers.output_map import addressing
from memnet_tf.layers.output_map.gated_scan import gated_scan


@keras.saving.register_keras_serializable("memnet_tf")
class QueryReduction(keras.Layer):
    """Reduces a question, memory by memory, to what is still asked.

    Query-Reduction Networks (Seo et al. 2017). Every slot `t` of
    features `x_t` has a question `q_t` of its own, at first the one asked.
    Each hop, with weights of its own (`s` the logistic function):

    1. update and reset gates `z_t = s(W_z (x_t * q_t) + b_z)` and
       `r_t = s(W_r (x_t * q_t) + b_r)`
    2. candidates `c_t = tanh(W_c [x_t; q_t] + b_c)`
    3. reduced questions `h_t = z_t r_t c_t + (1 - z_t) h_{t-1}`, from the
       oldest slot to the newest, and with other weights from the newest to
       the oldest; their sum is `q_t` in the next hop.

    The last hop goes to the newest slot only, and its `h` is what was read;
    where no slot is filled, nothing reduces the question, and it is.
    Addresses are those of `addressing.stick_breaking` by the scores of the
    update gates: how much of `r_i c_i` is in `h`.

    Args:
        hops: `K`.
        gates: groups of units that share a gate; 1 is the paper's scalar
            gate.
        spread: how far the update gates of groups are apart at first: their
            biases fall evenly from -1 (-3 where it begins by dot products)
            to that less `spread`. At -1 - `spread` the last group keeps
            what it has for some `exp(1 + spread)` slots, where without spread
            every group forgets most of it within ten.
        dot_product: whether it begins as an addressing by dot products, which
            a chain of facts needs to be found (bAbI's task 16): update gates
            `s(5 x_t . q_t / sqrt(d) - 3)` and candidates `tanh(x_t + q_t)`,
            with some noise. Else kernels are noise at first.
        dropout: the share of features of sentences that is left out in
            training.

    Call arguments:
        question: `(B, d)`.
        memory: a `Memory` with features `(B, S, d)`, in order of writing.

    Output:
        `(output (B, d), addresses (B, K, S))`: those of the newest slot, the
        mean over the gates. They sum to at most 1.

    Example:

    >>> memory = Append(slots=2)(np.ones((1, 2, 6), "float32"))
    >>> output, addresses = QueryReduction(hops=2)(
    ...     np.ones((1, 6), "float32"), memory
    ... )
    >>> output.shape, addresses.shape
    (TensorShape([1, 6]), TensorShape([1, 2, 2]))
    """

    def __init__(
        self,
        hops=3,
        gates=1,
        spread=0.0,
        dot_product=False,
        dropout=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        positive_ints(hops=hops, gates=gates)
        if spread < 0:
            raise ValueError(
                "Expected `spread` to be a number of at least 0. Received: "
                f"{spread}"
            )
        self.hops = hops
        self.gates = gates
        self.spread = spread
        self.dot_product = dot_product
        self.dropout = dropout
        self._leave_out = keras.layers.Dropout(dropout)

    def build(self, question_shape, memory_shape=None):
        units = question_shape[-1]
        if units % self.gates:
            raise ValueError(
                f"Expected units that {self.gates} gates can part evenly. "
                f"Received: {units}"
            )
        highest = -3 if self.dot_product else -1
        update = highest - np.linspace(0, self.spread, self.gates)
        # By hop, with what each direction needs side by side.
        self.gate_kernels, self.gate_biases = [], []
        self.candidate_kernels, self.candidate_biases = [], []
        for hop in range(self.hops):
            ways = self._ways(hop)
            gates, wide = ways * self.gates, ways * units

            def kernel(name, shape, noise, mean, hop=hop):
                normal = keras.initializers.RandomNormal(
                    stddev=1 / np.sqrt(shape[0])
                )
                if not self.dot_product:
                    noise, mean = 1.0, 0.0
                return self.add_weight(
                    name=f"{name}_kernel_{hop}",
                    shape=shape,
                    initializer=lambda shape, dtype: ops.cast(
                        noise * normal(shape) + mean, dtype
                    ),
                )

            def bias(name, start, hop=hop):
                return self.add_weight(
                    name=f"{name}_bias_{hop}",
                    shape=start.shape,
                    initializer=lambda shape, dtype: ops.cast(start, dtype),
                )

            self.gate_kernels.append(
                kernel(
                    "gate",
                    (units, 2 * gates),
                    # Of updates, then of resets.
                    noise=np.repeat([0.3, 1.0], gates),
                    mean=np.repeat([5 / np.sqrt(units), 0.0], gates),
                )
            )
            self.gate_biases.append(
                (
                    bias("update", np.tile(update, ways)),
                    bias("reset", np.zeros(gates)),
                )
            )
            self.candidate_kernels.append(
                kernel(
                    "candidate",
                    (2 * units, wide),
                    noise=0.1,
                    mean=np.tile(np.eye(units), (2, ways)),
                )
            )
            self.candidate_biases.append(bias("candidate", np.zeros(wide)))

    def _ways(self, hop):
        """Directions of a hop: forward, and backward unless it is the last."""
        return 1 if hop == self.hops - 1 else 2

    def call(self, question, memory):
        one_vector_a_slot(memory, question)
        sentences = self._leave_out(memory.features)
        questions = ops.expand_dims(question, 1) + ops.zeros_like(sentences)
        addresses = []
        for hop in range(self.hops):
            scores, resets, candidates = self._parts(hop, sentences, questions)
            read = addressing.stick_breaking(
                scores[0], ops.expand_dims(memory.mask, 1)
            )
            addresses.append(ops.mean(read, axis=1))
            questions = gated_scan(
                scores[0], resets[0] * candidates[0], memory.mask
            )
            if self._ways(hop) == 2:
                backward = gated_scan(
                    ops.flip(scores[1], -1),
                    ops.flip(resets[1] * candidates[1], 2),
                    ops.flip(memory.mask, -1),
                )
                questions += ops.flip(backward, 1)
        filled = ops.any(memory.mask, axis=1, keepdims=True)
        output = ops.where(filled, questions[:, -1], question)
        return output, ops.stack(addresses, axis=1)

    def _parts(self, hop, sentences, questions):
        """Of every direction, scores `(B, G, S)` and what is written.

        The latter as resets `(B, G, S, 1)` and candidates `(B, G, S, d / G)`.
        """
        dtype = sentences.dtype
        gates = ops.matmul(
            sentences * questions, ops.cast(self.gate_kernels[hop], dtype)
        )
        gates = gates + ops.cast(
            ops.concatenate(self.gate_biases[hop], axis=0), dtype
        )
        candidates = ops.matmul(
            ops.concatenate([sentences, questions], axis=-1),
            ops.cast(self.candidate_kernels[hop], dtype),
        )
        candidates = candidates + ops.cast(self.candidate_biases[hop], dtype)
        slots, ways = ops.shape(sentences)[1], self._ways(hop)
        gates = ops.reshape(gates, (-1, slots, 2, ways, self.gates))
        scores, resets = ops.unstack(
            ops.transpose(gates, (2, 3, 0, 4, 1)), axis=0
        )
        width = sentences.shape[-1] // self.gates
        candidates = ops.reshape(
            ops.tanh(candidates), (-1, slots, ways, self.gates, width)
        )
        return (
            scores,
            ops.expand_dims(ops.sigmoid(resets), -1),
            ops.transpose(candidates, (2, 0, 3, 1, 4)),
        )

    def get_config(self):
        return {
            **super().get_config(),
            "hops": self.hops,
            "gates": self.gates,
            "spread": self.spread,
            "dot_product": self.dot_product,
            "dropout": self.dropout,
        }
