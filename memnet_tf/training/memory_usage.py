"""How evenly the slots of a memory are read."""

import keras
import numpy as np
from keras import ops

from memnet_tf.checks import positive_ints


@keras.saving.register_keras_serializable("memnet_tf")
class MemoryUsage(keras.metrics.Metric):
    """How many slots are read at all, and how far that is from evenly.

    With `z_i` the share that slot `i` of `N` has of all addresses (Lample
    et al. 2019, 1907.05242):

    - `"usage"`: the share of slots with `z_i > 0`;
    - `"divergence"`: the Kullback-Leibler divergence of `z` to the uniform
      distribution, `log N + sum_i z_i log z_i`, in nats: 0 where all slots
      are read alike, `log N` where one is, or none.

    For a `layers.ProductKeyMemory` called with `return_addresses`, for
    `layers.OutputMap` behind a retrieval layer, and whatever else says which
    slots it read and how much.

    Args:
        slots: `N`.

    Call arguments:
        slots: int `(...)`, below `N`; -1 where nothing was read.
        addresses: `(...)`, of the same shape.

    Raises:
        ValueError: `slots` is not a positive int.

    Example:

    >>> usage = MemoryUsage(slots=4)
    >>> usage.update_state([[0, 3], [3, 0]], [[0.5, 0.5], [0.5, 0.5]])
    >>> {name: round(float(x), 3) for name, x in usage.result().items()}
    {'usage': 0.5, 'divergence': 0.693}
    """

    def __init__(self, slots, name="memory_usage", **kwargs):
        super().__init__(name=name, **kwargs)
        positive_ints(slots=slots)
        self.slots = slots
        self.total = self.add_weight(
            name="total", shape=(slots,), initializer="zeros"
        )

    def update_state(self, slots, addresses):
        slots = ops.reshape(ops.cast(slots, "int32"), (-1,))
        addresses = ops.reshape(ops.cast(addresses, self.dtype), (-1,))
        read = ops.segment_sum(
            ops.where(slots < 0, 0, addresses),
            ops.maximum(slots, 0),
            num_segments=self.slots,
        )
        self.total.assign_add(read)

    def result(self):
        total = ops.sum(self.total)
        shares = self.total / ops.where(total > 0, total, 1)
        logarithms = ops.log(ops.where(shares > 0, shares, 1))
        return {
            "usage": ops.mean(ops.cast(shares > 0, self.dtype)),
            "divergence": np.log(self.slots) + ops.sum(shares * logarithms),
        }

    def get_config(self):
        return {**super().get_config(), "slots": self.slots}
