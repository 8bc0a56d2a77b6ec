"""Retrieval by ScaNN, as an operation of the graph."""

import threading
import uuid
import weakref
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from memnet_tf.layers.retrieval.retrieval import Retrieval, finite_rows
from memnet_tf.layers.retrieval.scann_library import (
    ScaNNOptions,
    configured,
    scann_library,
)

_MEASURES = {"inner_product": "dot_product", "l2": "squared_l2"}
_NO_SLOT = -1


@keras.saving.register_keras_serializable("memnet_tf")
class ScaNNRetrieval(Retrieval):
    """Finds slots with ScaNN (Guo et al. 2020).

    ScaNN finds a shortlist by codes of 4 bits for two features; its rows
    are then taken from the live keys and scored. ScaNN itself keeps no rows
    of a large memory: an index takes an eighth of what the keys take.

    Where the index is as new as the keys, `options={"reorder": 100}` is
    faster: ScaNN orders 100 rows by a copy of its own, which takes a quarter
    of what the keys take, and the shortlist can be a fifth. Where keys have
    moved since, the longer shortlist finds more.

    Call `index` before a graph is made, and again when the keys have
    changed much. The new index takes the place of the old one in graphs
    that are there already; nothing is traced again. Saving keeps no index:
    a loaded layer makes it from the keys when it is first called.

    There is no XLA kernel, so compile with `jit_compile=False`.

    Args:
        shortlist: slots that ScaNN finds, to be scored again; if None
            `10 k`, and 100 at least; where it orders them itself `2 k`, and
            20 at least.
        options: dict of fields of `ScaNNOptions`.
        metric: see `Retrieval`.

    Raises:
        ImportError: ScaNN is not there, or does not fit TensorFlow.

    Example:

    ```
    retrieval = ScaNNRetrieval()
    retrieval.index(keys)
    slots, scores, mask = retrieval(query, 10, keys)
    ```
    """

    def __init__(self, shortlist=None, options=None, **kwargs):
        super().__init__(**kwargs)
        scann_library()
        self.shortlist = shortlist
        self.options = dict(options or {})
        self._options = ScaNNOptions(**self.options)
        self.supports_jit = False
        # A handle is the name of a searcher: a graph that holds it finds the
        # searcher that has the name when it runs.
        self._searcher_name = f"memnet_tf-{uuid.uuid4()}"
        self._searcher: Any = None
        self._count = 0  # of rows that are indexed
        self._at_least = 0  # of rows that graphs rely on
        self._forget: Any = None
        self._frozen: Any = None
        self._indexed = tf.Variable(
            tf.zeros([0], tf.int32), shape=[None], trainable=False
        )

    def index(self, keys, mask=None):
        """Gives ScaNN the filled rows.

        Args:
            keys: `(N, d)`.
            mask: bool `(N,)`, True where a slot is filled.

        Raises:
            ValueError: a filled row holds NaN or infinity, or fewer rows are
                filled than the shortlist of a graph made when there were
                more.
        """
        rows, slots = finite_rows(keys, mask)
        if len(rows) < self._at_least:
            raise ValueError(
                f"Expected {self._at_least} filled rows or more, the shortlist "
                f"of graphs that are there already. Received: {len(rows)}"
            )
        self._count = len(rows)
        if not len(rows):  # ScaNN wants one
            rows = np.zeros((1, rows.shape[1]), "float32")
            slots = np.array([_NO_SLOT], "int32")
        operations = scann_library().scann_ops
        builder = operations.builder(rows, 1, _MEASURES[self.metric])
        builder = configured(builder, len(rows), self._options)
        if self._forget is not None:
            self._forget()  # the name must be free
        self._searcher = builder.build(shared_name=self._searcher_name)
        self._forget = weakref.finalize(
            self, _destroy, self._searcher.searcher_handle
        )
        self._forget.atexit = False
        self._indexed.assign(slots)
        self._frozen = None

    def freeze(self):
        """Makes the index a part of what is exported.

        Graphs that are traced from now on, until the next `index`, hold the
        index as it is.
        """
        self._frozen = self._searcher.serialize_to_module()

    # Each operation costs a few microseconds, and a search alone some 150:
    # what Keras adds for negative indices is left out.
    @staticmethod
    def take(values, slots):
        return tf.gather(values, slots)

    @staticmethod
    def pick(values, places):
        return tf.gather(values, places, batch_dims=1)

    def read(self, keys):
        return keys  # only rows are taken: a variable gets a sparse gradient

    def fixed(self, keys):
        return keys  # they are not read: the index stands for them

    def search(self, query, k, keys, mask, **more):
        if self._searcher is None:
            self._index_now(keys, mask)
        reorder = self._options.reorder
        limit = self.shortlist or (
            max(20, 2 * k) if reorder else max(100, 10 * k)
        )
        # ScaNN refuses NaN, which the scores of the shortlist will show, and
        # an empty batch.
        query = tf.where(tf.math.is_finite(query), query, 0.0)
        missing = None
        if query.shape[0] is None:
            missing = tf.cast(tf.shape(query)[0] == 0, tf.int32)
            query = tf.pad(query, [[0, missing], [0, 0]])
        rows, distances = self._found(query, limit, max(reorder or 0, limit))
        if missing is not None:
            rows, distances = rows[missing:], distances[missing:]
        found = tf.math.is_finite(distances)  # NaN: it found fewer
        if self._count < limit:  # there are fewer
            room = [[0, 0], [0, limit - tf.shape(rows)[1]]]
            rows, found = tf.pad(rows, room), tf.pad(found, room)
        elif self._frozen is None and not tf.executing_eagerly():
            self._at_least = max(self._at_least, limit)
        shape = [None if missing is not None else query.shape[0], limit]
        rows, found = [tf.ensure_shape(part, shape) for part in (rows, found)]
        slots = tf.gather(self._indexed, tf.where(found, rows, 0))
        if self._count < limit:
            found = found & (slots != _NO_SLOT)
            slots = tf.maximum(slots, 0)
        return slots, found

    def _found(self, query, limit, ordered):
        """Rows and distances `(B, C)`, `C` at most `limit`."""
        searcher = self._current()

        def alone():
            rows, distances = searcher.search(query[0], limit, ordered)
            return rows[None], distances[None]

        def together():
            found = searcher.search_batched_parallel(query, limit, ordered)
            return found[0], found[1]

        if query.shape[0] is None:
            return tf.cond(tf.equal(tf.shape(query)[0], 1), alone, together)
        return alone() if query.shape[0] == 1 else together()

    def _current(self):
        if self._frozen is None:
            return self._searcher
        operations = scann_library().scann_ops
        return operations.searcher_from_module(self._frozen)

    def _index_now(self, keys, mask):
        try:
            with tf.init_scope():
                self.index(keys, mask)
        except (NotImplementedError, TypeError) as error:
            raise ValueError(
                "Expected `index(keys)` to be called before a graph is made. "
                "Received keys whose values are not known yet"
            ) from error

    def get_config(self):
        return {
            **super().get_config(),
            "shortlist": self.shortlist,
            "options": self.options,
        }


def _destroy(handle):
    """Frees a searcher: without it, memory grows with every index."""
    with tf.init_scope():  # what is traced meanwhile has no part in it
        if tf.executing_eagerly():
            tf.raw_ops.DestroyResourceOp(resource=handle)
            return
    # A Session's graph is being built or run here, but in no other thread.
    thread = threading.Thread(target=_destroy, args=[handle])
    thread.start()
    thread.join()
