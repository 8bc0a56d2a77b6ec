"""O: a hop adds what a memory of the network's own knows."""

import keras

from memnet_tf.layers.output_map.product_key_memory import ProductKeyMemory


@keras.saving.register_keras_serializable("memnet_tf")
class ProductKeyUpdate(keras.Layer):
    """Reads a `ProductKeyMemory` for what a hop has found.

    With state `u`, what was read `o` and the memory `m`, which stands where a
    Transformer has a hidden layer (Lample et al. 2019, 1907.05242):

    1. `x = u + o`
    2. next state `x + m(x)`

    The story is read from slots, and what is true of all stories from
    `n^2` learned values, which all hops share.

    Args:
        sub_keys: see `ProductKeyMemory`.
        k: see `ProductKeyMemory`.
        heads: see `ProductKeyMemory`.
        key_units: see `ProductKeyMemory`.

    Call arguments:
        state: `u`, `(B, d)`.
        read: `o`, `(B, d)`.
        hop: not used.
        question: not used.

    Output:
        The next state `(B, d)`.

    Raises:
        ValueError: see `ProductKeyMemory`.

    Example:

    >>> update = ProductKeyUpdate(sub_keys=4, k=3, heads=2, key_units=6)
    >>> update(np.ones((2, 8), "float32"), np.ones((2, 8), "float32")).shape
    TensorShape([2, 8])
    """

    def __init__(self, sub_keys=512, k=32, heads=4, key_units=256, **kwargs):
        super().__init__(**kwargs)
        self.sub_keys = sub_keys
        self.k = k
        self.heads = heads
        self.key_units = key_units
        self.memory = ProductKeyMemory(
            sub_keys, k, heads, key_units, dtype=self.dtype_policy
        )

    def build(self, state_shape, read_shape=None):
        self.memory.build(state_shape)

    def call(self, state, read, hop=0, question=None):
        found = state + read
        return found + self.memory(found)

    def get_config(self):
        return {
            **super().get_config(),
            "sub_keys": self.sub_keys,
            "k": self.k,
            "heads": self.heads,
            "key_units": self.key_units,
        }
