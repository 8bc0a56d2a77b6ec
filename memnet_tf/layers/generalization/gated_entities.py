"""G: slots that follow entities, each deciding what an input tells of it."""

import keras
from keras import ops

from memnet_tf.checks import handed_in_where_tied
from memnet_tf.layers.generalization import loop, rows
from memnet_tf.layers.generalization.in_place import InPlace


@keras.saving.register_keras_serializable("memnet_tf")
class GatedEntities(InPlace):
    """Writes each input to every slot, as far as it concerns its entity.

    The dynamic memory of Henaff et al. 2016 (1612.03969, section 2.2). Slot
    `h_j` has a key `w_j` that says which entity it follows, and begins as
    its key. For an input `s`:

    1. gate `g_j = sigmoid(s . h_j + s . w_j + a)`
    2. candidate `c_j = prelu(U h_j + V w_j + W s + b)`
    3. slot `h_j <- (h_j + g_j c_j) / |h_j + g_j c_j|`

    A slot forgets by being normalized: what is added makes the rest less.
    The loop over inputs is one loop of the graph, however many there are.

    The bias `a` is that of the authors' program. Gates begin nearly closed,
    at `a = -4`, and candidates as the input itself: `W` is the identity, `U`
    and `V` are near 0. So each slot is at first a sum of what concerns its
    key. Where all of it began at random, basic induction (bAbI, task 16) was
    not learnt in 40 epochs.

    Args:
        slots: `S`, the number of entities.
        tied: whether keys are handed in at each call (such as embeddings of
            words) instead of being weights of the layer.

    Call arguments:
        features: `(B, T, d)`, `T` inputs in order of time.
        memory: the `Memory` to write to; a new, empty one if None.
        written: bool `(B, T)`; an input where it is False writes nothing.
        keys: `(S, d)`, where `tied`.

    Output:
        A `Memory` of `slots` slots. The first input fills them all. A
        slot's time is that of the last input for which its gate was more
        than half open, or the most open of all.

    Raises:
        ValueError: `slots` is not a positive int, the memory has slots of
            another number or shape, or keys are handed in where they are
            not tied, or not where they are.

    Example:

    >>> memory = GatedEntities(slots=2)(np.ones((1, 3, 4), "float32"))
    >>> memory.features.shape, memory.mask.numpy().tolist()
    (TensorShape([1, 2, 4]), [[True, True]])
    """

    def __init__(self, slots, tied=False, **kwargs):
        super().__init__(slots, **kwargs)
        self.tied = tied

    def build(
        self,
        features_shape,
        memory_shape=None,
        written_shape=None,
        keys_shape=None,
    ):
        units = features_shape[-1]

        def weight(name, shape, initializer):
            return self.add_weight(
                name=name, shape=shape, initializer=initializer
            )

        def normal(stddev):
            return keras.initializers.RandomNormal(stddev=stddev)

        square = (units, units)
        if not self.tied:
            self.keys = weight("keys", (self.slots, units), normal(0.1))
        self.of_slot = weight("of_slot", square, normal(0.01))  # U
        self.of_key = weight("of_key", square, normal(0.01))  # V
        self.of_input = weight("of_input", square, "identity")  # W
        self.bias = weight("bias", (units,), "zeros")
        self.slope = weight("slope", (units,), "ones")
        self.gate_bias = weight(
            "gate_bias", (), keras.initializers.Constant(-4.0)
        )

    def call(self, features, memory=None, written=None, keys=None):
        handed_in_where_tied(self.tied, "keys", keys)
        if not self.tied:
            keys = self.keys
        features, memory, written = self.prepare(features, memory, written)
        if features.shape[1] == 0:
            return memory
        return self._write(features, memory, written, keys)

    def _write(self, features, memory, written, keys):
        features, keys = _full(features), _full(keys)
        step = self._step(keys)
        # What no slot changes is computed for all inputs at once.
        of_inputs = ops.matmul(features, _full(self.of_input))
        of_inputs = of_inputs + _full(self.bias)
        gates, (slots,) = loop.one_by_one(
            step,
            (rows.where(memory.mask, _full(memory.features), keys),),
            ops.concatenate([features, of_inputs], axis=-1),
            written,
        )
        mask = ops.logical_or(memory.mask, ops.any(written, 1, keepdims=True))
        slots = ops.cast(slots, memory.features.dtype)
        return memory._replace(
            features=rows.where(mask, slots, 0),
            mask=mask,
            time=_times(memory, gates, written),
        )

    def _step(self, keys):
        """What one input does to the slots, as a step of the loop."""
        of_slot, slope = _full(self.of_slot), _full(self.slope)
        gate_bias = _full(self.gate_bias)
        of_keys = ops.matmul(keys, _full(self.of_key))  # (S, d)

        def step(state, features, written):
            (slots,) = state
            features, of_input = ops.split(features, 2, axis=-1)
            gate = ops.einsum("bd,bsd->bs", features, slots + keys)
            gate = ops.sigmoid(gate + gate_bias)
            candidate = ops.matmul(slots, of_slot) + of_keys
            candidate = candidate + ops.expand_dims(of_input, 1)
            candidate = ops.where(
                candidate < 0, slope * candidate, candidate
            )  # prelu
            new = slots + ops.expand_dims(gate, -1) * candidate
            square = ops.sum(ops.square(new), axis=-1, keepdims=True)
            new = new * ops.rsqrt(ops.maximum(square, 1e-12))
            return gate, (ops.where(written[:, None, None], new, slots),)

        return step

    def compute_output_spec(
        self, features, memory=None, written=None, keys=None
    ):
        return super().compute_output_spec(features, memory, written)

    def get_config(self):
        return {**super().get_config(), "tied": self.tied}


def _times(memory, gates, written):
    """Each slot's time `(B, S)`, by the gates `(B, T, S)` of the inputs."""
    widest = ops.equal(gates, ops.max(gates, axis=-1, keepdims=True))
    opened = ops.logical_or(widest, gates > 0.5)
    opened = ops.logical_and(opened, ops.expand_dims(written, -1))
    time = ops.expand_dims(rows.times(memory, written), -1)
    last = ops.max(ops.where(opened, time, 0), axis=1)
    return ops.maximum(last, memory.time)


def _full(tensor):
    return ops.cast(tensor, "float32")
