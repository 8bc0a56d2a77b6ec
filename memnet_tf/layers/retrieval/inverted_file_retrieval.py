"""Retrieval that looks into the cells nearest to the query."""

import keras
import numpy as np
from keras import ops

from memnet_tf.layers.retrieval import inverted_lists, scoring
from memnet_tf.layers.retrieval.k_means import k_means, nearest
from memnet_tf.layers.retrieval.retrieval import Retrieval, finite_rows
from memnet_tf.layers.state import add_state


@keras.saving.register_keras_serializable("memnet_tf")
class InvertedFileRetrieval(Retrieval):
    """Finds slots in the cells of k-means whose centers score highest.

    In operations of every backend, so it exports and compiles where ScaNN
    does not. The index is made of weights: it is saved with the layer, and
    a new one takes the place of the old in graphs that are there already.
    Until `index` is called nothing is found.

    Args:
        cells: number of cells.
        probes: cells that a query looks into.
        shortlist: slots compared with the query, at most: the cells'
            slots are taken in order, until there are as many.
        metric: see `Retrieval`.
        seed: of k-means.

    Example:

    >>> keys = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]], "float32")
    >>> retrieval = InvertedFileRetrieval(cells=2, probes=1, shortlist=3)
    >>> retrieval.index(keys)
    >>> retrieval(np.array([[1.0, 0.1]]), 2, keys).slots.numpy().tolist()
    [[2, 0]]
    """

    def __init__(
        self,
        cells=256,
        probes=16,
        shortlist=8192,
        metric="inner_product",
        seed=0,
        **kwargs,
    ):
        super().__init__(metric, **kwargs)
        if not 1 <= probes <= cells:
            raise ValueError(
                "Expected `probes` from 1 to `cells`. Received: "
                f"probes={probes}, cells={cells}"
            )
        self.cells = cells
        self.probes = probes
        self.shortlist = shortlist
        self.seed = seed

    def build(self, query_shape, keys_shape, mask_shape=None):
        count, units = keys_shape
        self.centers = add_state(
            self, "centers", (self.cells, units), "float32"
        )
        self.offsets = add_state(self, "offsets", (self.cells + 1,), "int32")
        self.slots = add_state(self, "slots", (max(count, 1),), "int32")

    def index(self, keys, mask=None):
        """Parts the filled rows into cells.

        Args:
            keys: `(N, d)`; `N` stays what it was at first.
            mask: bool `(N,)`, True where a slot is filled.

        Raises:
            ValueError: a filled row holds NaN or infinity.
        """
        rows, slots = finite_rows(keys, mask)
        if not self.built:
            self.build((None, keys.shape[1]), tuple(keys.shape))
        centers = k_means(rows, self.cells, self.seed)
        offsets, slots = inverted_lists.build(
            nearest(rows, centers), slots, self.cells
        )
        room = self.slots.shape[0] - len(slots)
        self.centers.assign(centers)
        self.offsets.assign(offsets)
        self.slots.assign(np.pad(slots, (0, room)))

    def search(self, query, k, keys, mask, **more):
        centers = ops.convert_to_tensor(self.centers)
        near = scoring.of_all(query, centers, self.metric)  # (cells, B)
        near = scoring.hidden(ops.transpose(near), None)
        _, cells = ops.top_k(near, self.probes)
        slots, found = inverted_lists.first_slots(
            ops.convert_to_tensor(self.offsets),
            ops.convert_to_tensor(self.slots),
            ops.cast(cells, "int32"),
            self.shortlist,
        )
        return self.best_candidates(query, k, keys, mask, slots, found)

    def get_config(self):
        return {
            **super().get_config(),
            "cells": self.cells,
            "probes": self.probes,
            "shortlist": self.shortlist,
            "seed": self.seed,
        }
