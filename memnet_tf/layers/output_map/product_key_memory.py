"""O: a memory of the layer's own, of very many slots that training fills."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.output_map import addressing
from memnet_tf.layers.retrieval.product_key_retrieval import (
    ProductKeyRetrieval,
)


@keras.saving.register_keras_serializable("memnet_tf")
class ProductKeyMemory(keras.Layer):
    """Reads a few of `n^2` learned values, found by product keys.

    Lample et al. 2019 (1907.05242, section 3). For an input `x` every head
    `h`, with a query map and keys of its own:

    1. query `q_h = batch_norm(W_h x)`
    2. slots `I_h`, the `k` with the highest scores `s_i = q_h . [c_a; c'_b]`,
       found by `layers.ProductKeyRetrieval`
    3. addresses `p = softmax(s)` over `I_h`
    4. read `o_h = sum_i p_i value_i`, from values that all heads share

    The output is the sum of `o_h`. It takes the place of a hidden layer, or
    stands beside one: capacity grows with `n^2`, time with `n`. An input
    changes only the values it reads, and with an optimizer of sparse
    gradients, such as `keras.optimizers.SGD`, only these are updated. The
    paper's rate of learning for values is higher than that for the rest.

    Batch normalization makes inputs ask for more of the slots. In training
    its statistics are those of the batch, without what is masked; otherwise
    they are running means, with the momentum of 0.9 of the paper's program.

    Args:
        sub_keys: `n`, halves of keys in each of the two sets of a head.
        k: slots that a head reads.
        heads: number of heads.
        key_units: size of a key, an even number.
        units: `d_v`, the size of a value; that of the inputs if None.

    Call arguments:
        inputs: `(B, ..., d)`.
        mask: bool `(B, ...)`, False where an input should not count in
            batch normalization; Keras hands on that of an embedding.
        return_addresses: whether to also return what was read where.

    Output:
        `(B, ..., d_v)`; with `return_addresses` also the slots, int32
        `(B, ..., heads, k)`, and their addresses, of the same shape. Slots
        are below `n^2`. `training.MemoryUsage` takes both.

    Raises:
        ValueError: an argument is not a positive int, or `key_units` odd.

    Example:

    >>> memory = ProductKeyMemory(sub_keys=4, k=3, heads=2, key_units=6)
    >>> memory(np.ones((2, 5, 8), "float32")).shape
    TensorShape([2, 5, 8])
    """

    def __init__(
        self,
        sub_keys=512,
        k=32,
        heads=4,
        key_units=256,
        units=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        positive_ints(sub_keys=sub_keys, k=k, heads=heads, key_units=key_units)
        if key_units % 2:
            raise ValueError(
                "Expected `key_units` to be even: a key has two halves. "
                f"Received: {key_units}"
            )
        if units is not None:
            positive_ints(units=units)
        self.sub_keys = sub_keys
        self.k = k
        self.heads = heads
        self.key_units = key_units
        self.units = units
        self.supports_masking = True
        self.retrieval = ProductKeyRetrieval(dtype=self.dtype_policy)

    @property
    def slots(self):
        """`n^2`, the number of values."""
        return self.sub_keys**2

    def build(self, inputs_shape):
        units = self.units or inputs_shape[-1]
        queries = (None, self.heads * self.key_units)
        # Without a bias, which batch normalization has.
        self.query_map = keras.layers.Dense(
            queries[-1], use_bias=False, dtype=self.dtype_policy
        )
        self.query_map.build((None, inputs_shape[-1]))
        self.query_norm = keras.layers.BatchNormalization(
            momentum=0.9, epsilon=1e-5, dtype=self.dtype_policy
        )
        self.query_norm.build(queries)
        half = self.key_units // 2
        self.keys = self.add_weight(
            name="keys",
            shape=(self.heads, 2, self.sub_keys, half),
            initializer=keras.initializers.RandomUniform(
                -(half**-0.5), half**-0.5
            ),
        )
        # Of its own type: only the rows that are read are cast.
        self.values = self.add_weight(
            name="values",
            shape=(self.slots, units),
            initializer=keras.initializers.RandomNormal(stddev=units**-0.5),
            autocast=False,
        )

    def call(self, inputs, mask=None, return_addresses=False, training=False):
        flat = ops.reshape(inputs, (-1, inputs.shape[-1]))
        if mask is not None:
            mask = ops.reshape(mask, (-1,))
        queries = self.query_norm(
            self.query_map(flat), mask=mask, training=training
        )
        queries = ops.reshape(queries, (-1, self.heads, self.key_units))
        slots, scores, found = self._found(queries)
        addresses = addressing.softmax(scores, found)
        rows = ops.take(self.values, slots, axis=0)  # (N, heads, k, d_v)
        rows = ops.cast(rows, addresses.dtype)
        output = ops.einsum("nhk,nhkd->nd", addresses, rows)
        leading = ops.shape(inputs)[:-1]
        output = ops.reshape(output, (*leading, rows.shape[-1]))
        if not return_addresses:
            return output
        each = (*leading, self.heads, self.k)
        return output, ops.reshape(slots, each), ops.reshape(addresses, each)

    def _found(self, queries):
        """Slots, scores, mask `(N, heads, k)` of queries `(N, heads, d)`."""
        heads = [
            self.retrieval(query, self.k, keys)
            for query, keys in zip(
                ops.unstack(queries, axis=1),
                ops.unstack(self.keys),
                strict=True,
            )
        ]
        return tuple(
            ops.stack(parts, axis=1) for parts in zip(*heads, strict=True)
        )

    def get_config(self):
        return {
            **super().get_config(),
            "sub_keys": self.sub_keys,
            "k": self.k,
            "heads": self.heads,
            "key_units": self.key_units,
            "units": self.units,
        }
