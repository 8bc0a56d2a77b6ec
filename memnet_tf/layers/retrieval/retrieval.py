"""Retrieval: which slots of a large memory a question should read."""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.retrieval import scoring
from memnet_tf.layers.rows import gather


class Retrieved(NamedTuple):
    """The slots found for each query, best first.

    Attributes:
        slots: int32 `(B, k)`; 0 where nothing was found.
        scores: `(B, k)`; a very low number where nothing was found.
        mask: bool `(B, k)`, True where a slot was found.
    """

    slots: Any
    scores: Any
    mask: Any


class Retrieval(keras.Layer):
    """Finds the `k` slots of a memory that score highest for a query.

    The base of layers that differ in where they look: they give `search`.
    Slots are found without gradients; their rows are then taken from the
    live `keys` and scored again, and the best `k` of these are returned. So
    gradients reach the query and the keys, and an index that is older than
    the keys does little harm.

    Slots are found and scored in float32 under every policy: half precision
    would confuse their order. Only the returned scores are of its type.

    Args:
        metric: `"inner_product"`, or `"l2"`: minus the squared distance.

    Call arguments:
        query: `(B, d)`.
        k: how many slots to find, an int.
        keys: the live memory `(N, d)` that the batch shares.
        mask: bool `(N,)`, True where a slot is filled; all are if None.

    Output:
        A `Retrieved`. Always of `k` slots: where there are fewer, its mask
        is False.
    """

    pick = staticmethod(gather)
    ranks: tuple[int, ...] = (2,)  # axes that `keys` may have

    def __init__(self, metric="inner_product", **kwargs):
        super().__init__(autocast=False, **kwargs)
        if metric not in scoring.METRICS:
            raise ValueError(
                f"Expected `metric` to be one of {scoring.METRICS}. "
                f"Received: {metric!r}"
            )
        self.metric = metric
        self.supports_masking = True  # it reads `mask` and hands none on

    def __call__(self, query, k, keys, mask=None):
        # Keras takes what is not a tensor, such as `k`, by name only.
        return super().__call__(query, k=k, keys=keys, mask=mask)

    def call(self, query, k, keys, mask=None):
        return self.retrieve(query, k, keys, mask)

    def retrieve(self, query, k, keys, mask, **more):
        """`call`; `more` is handed on to `search`."""
        query, keys = ops.convert_to_tensor(query), ops.convert_to_tensor(keys)
        self._check(query, k, keys)
        query = ops.cast(query, "float32")
        keys = self.read(ops.cast(keys, "float32"))
        if 0 in (query.shape[0], keys.shape[-2]):
            shape = (ops.shape(query)[0], k)
            lowest = ops.full(shape, scoring.LOWEST, "float32")
            return self._retrieved(ops.zeros(shape, "int32"), lowest)
        if mask is not None:
            mask = ops.cast(mask, "bool")
        if keys.shape[-2] is None:
            keys, mask = _with_room(keys, mask, k)
        slots, found = self.search(
            ops.stop_gradient(query), k, self.fixed(keys), mask, **more
        )
        return self._best(query, k, keys, mask, slots, found)

    def read(self, keys):
        """The keys as a tensor, even where Keras left them a variable.

        To take rows of a TensorFlow variable makes every later read of the
        whole a copy, which costs more than to compare all the rows.
        """
        return ops.reshape(keys, ops.shape(keys))

    def fixed(self, keys):
        """The keys as `search` gets them: it finds slots without gradient."""
        return ops.stop_gradient(keys)

    def search(self, query, k, keys, mask, **more):
        """Slots that may be among the best `k`.

        Args:
            query: float32 `(B, d)`.
            k: an int.
            keys: float32 `(N, d)`.
            mask: bool `(N,)`, or None.
            **more: what else a layer's call is given.

        Returns:
            `(slots, found)`: int32 and bool `(B, C)`, `C` known; `found` is
            None where all are. No slot is found twice.
        """
        raise NotImplementedError

    def index(self, keys, mask=None):
        """Makes what `search` needs to know of the keys: here, nothing.

        Args:
            keys: `(N, d)`.
            mask: bool `(N,)`, True where a slot is filled.

        Raises:
            ValueError: `keys` hold NaN or infinity in a filled slot.
        """

    def best_candidates(self, query, k, keys, mask, slots, found):
        """The best `k` of very many candidates, of one query at a time.

        So that the rows of all queries need not fit in memory. Arguments
        and result are those of `search`.
        """
        if mask is not None:
            shown = self._rows(mask, slots, axes=0)
            found = ops.logical_and(found, shown)

        def best(one):
            query, slots, found = one
            rows = ops.take(keys, slots, axis=0)
            scores = scoring.of_rows(query, rows, self.metric)
            scores, places = ops.top_k(scoring.hidden(scores, found), few)
            return ops.take(slots, places), scores > scoring.LOWEST

        few = min(k, slots.shape[1])
        return ops.map(best, (query, slots, found))

    def _best(self, query, k, keys, mask, slots, found):
        """The best `k` of the slots, scored again."""
        rows = self._rows(keys, slots, axes=1)
        scores = scoring.of_rows(query, rows, self.metric)
        if mask is not None:
            shown = self._rows(mask, slots, axes=0)
            found = shown if found is None else ops.logical_and(found, shown)
        if found is not None:
            scores = ops.where(found, scores, scoring.LOWEST)
        missing = k - slots.shape[1]
        if missing > 0:
            room = [(0, 0), (0, missing)]
            scores = ops.pad(scores, room, constant_values=scoring.LOWEST)
            slots = ops.pad(slots, room)
        scores, places = ops.top_k(scores, k)
        return self._retrieved(self.pick(slots, places), scores)

    @staticmethod
    def take(values, slots):
        """Rows of `values (N, ...)` by int32 `slots`."""
        return ops.take(values, slots, axis=0)

    def _rows(self, values, slots, axes):
        """What stands at `slots (B, C)`.

        Args:
            values: `(N, ...)`, which the batch shares, or `(B, N, ...)`.
            slots: int32 `(B, C)`.
            axes: of what stands at a slot, an int.
        """
        if len(values.shape) == 1 + axes:
            return self.take(values, slots)
        batch, count = ops.shape(values)[0], ops.shape(values)[1]
        first = ops.expand_dims(ops.arange(batch, dtype="int32") * count, 1)
        flat = ops.reshape(values, (-1, *values.shape[2:]))
        return self.take(flat, first + slots)

    def _retrieved(self, slots, scores):
        mask = ops.not_equal(scores, scoring.LOWEST)  # NaN was found
        scores = ops.cast(scores, self.compute_dtype)
        if self.compute_dtype == "float16":
            scores = ops.where(mask, scores, ops.cast(-3e4, "float16"))
        return Retrieved(ops.where(mask, slots, 0), scores, mask)

    def _check(self, query, k, keys):
        units = keys.shape[-1]
        if len(keys.shape) not in self.ranks:
            raise ValueError(
                f"Expected `keys` with {' or '.join(map(str, self.ranks))} "
                f"axes, (slots, units). Received shape: {tuple(keys.shape)}"
            )
        if len(query.shape) != 2 or query.shape[1] != units:
            raise ValueError(
                f"Expected `query` of shape (batch, {units}). Received shape: "
                f"{tuple(query.shape)}"
            )
        positive_ints(k=k)

    def compute_output_spec(self, query, k, keys, mask=None, **more):
        shape = (query.shape[0], k)
        return Retrieved(
            keras.KerasTensor(shape, "int32"),
            keras.KerasTensor(shape, self.compute_dtype),
            keras.KerasTensor(shape, "bool"),
        )

    def compute_mask(self, query, previous_mask=None):
        return None  # `mask` is of slots, not of what is returned

    def get_config(self):
        return {**super().get_config(), "metric": self.metric}


def finite_rows(keys, mask=None):
    """The filled rows as a float32 array, and their slots.

    Raises:
        ValueError: a filled row holds NaN or infinity.
    """
    keys = ops.convert_to_numpy(keys).astype("float32", copy=False)
    if len(keys.shape) != 2:
        raise ValueError(
            f"Expected `keys` of shape (slots, units). Received shape: "
            f"{keys.shape}"
        )
    slots = np.arange(len(keys), dtype="int32")
    if mask is not None:
        slots = np.flatnonzero(ops.convert_to_numpy(mask)).astype("int32")
        keys = keys[slots]
    wrong = slots[~np.isfinite(keys).all(axis=1)]
    if len(wrong):
        raise ValueError(
            "Expected `keys` without NaN and infinity. Received: "
            f"{len(wrong)} rows that hold them, the first in slot {wrong[0]}"
        )
    return keys, slots


def _with_room(keys, mask, k):
    """Unknown many keys with `k` empty slots, so that there are `k`."""
    count = ops.shape(keys)[-2]
    none = [(0, 0)] * (len(keys.shape) - 2)
    if mask is None:
        mask = ops.ones((count,), "bool")
    outer = [(0, 0)] * (len(mask.shape) - 1)
    return (
        ops.pad(keys, [*none, (0, k), (0, 0)]),
        ops.pad(mask, [*outer, (0, k)]),
    )
