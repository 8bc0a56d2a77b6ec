"""GatedMemN2N: Gated End-to-End Memory Networks (Liu & Perez 2017)."""

import keras

from memnet_tf.layers.output_map.gated_update import GatedUpdate
from memnet_tf.models.memn2n import MemN2N


@keras.saving.register_keras_serializable("memnet_tf")
class GatedMemN2N(MemN2N):
    """MemN2N whose hops decide how much to take of what they read.

    I, G and R are those of `MemN2N`. In O the sum `u_{k+1} = u_k + o_k` is
    replaced by a gate that knows the state (1610.04211, section 3):
    `t = sigmoid(W_k u_k + b_k)`; `u_{k+1} = t * o_k + (1 - t) * u_k`.

    Args:
        vocabulary: see `MemN2N`.
        sentence_length: see `MemN2N`.
        memory_size: see `MemN2N`.
        units: see `MemN2N`.
        hops: see `MemN2N`.
        shared_gate: whether all hops share a gate. The paper found a gate
            for every hop better.
        **kwargs: see `MemN2N`.

    Example:

    >>> network = GatedMemN2N(["john", "garden", "office"], sentence_length=5)
    >>> answer = network.answer(["John is in the garden"], "Where is John?")
    >>> answer.addresses.shape
    (3, 1)
    """

    def __init__(
        self,
        vocabulary,
        sentence_length,
        memory_size=50,
        units=20,
        hops=3,
        shared_gate=False,
        **kwargs,
    ):
        self.shared_gate = shared_gate
        super().__init__(
            vocabulary, sentence_length, memory_size, units, hops, **kwargs
        )

    def make_update(self, hops):
        return GatedUpdate(1 if self.shared_gate else hops)

    def get_config(self):
        return {**super().get_config(), "shared_gate": self.shared_gate}
