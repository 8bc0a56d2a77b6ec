"""What is compared: the layers, and other libraries, each with its index."""

import functools
import importlib
import importlib.util
import math
import time
from typing import Any

import numpy as np
import tensorflow as tf

from memnet_tf import layers
from memnet_tf.layers.retrieval.scann_library import configured, scann_library

EXTRA = "pip install 'memnet_tf[benchmark]'"


class Searcher:
    """A search among rows, and how long it takes.

    Attributes:
        package: what it needs, by the name it is imported by.
        efforts: settings to measure, name and value; the first is for all
            figures but the picture.
        indexed: whether it makes an index.
        searches: whether it finds slots, alone and in batches.
    """

    package: str | None = None
    efforts: dict = {"": None}
    indexed = True
    searches = True

    def __init__(self, rows):
        self.rows = rows

    def use(self, effort):
        """Searches with one of the efforts from now on."""

    def slots(self, queries, k):
        """Slots found for `queries (B, d)`, `(B, k)`."""
        raise NotImplementedError

    def seconds(self, batches, k):
        """Seconds that each batch of queries `(R, B, d)` takes."""
        seconds = []
        for batch in batches:
            start = time.perf_counter()
            self.slots(batch, k)
            seconds.append(time.perf_counter() - start)
        return np.array(seconds)

    @classmethod
    def missing(cls):
        """Why it cannot run here, or None."""
        if cls.package and importlib.util.find_spec(cls.package) is None:
            extra = "memnet_tf[scann]" if cls.package == "scann" else None
            how = f"pip install '{extra}'" if extra else EXTRA
            return f"it needs {cls.package}: {how}"
        return None


class InGraph(Searcher):
    """A search that is timed inside a graph, where a layer runs.

    To call any graph from Python takes a further 0.1 to 0.2 ms.
    """

    def __init__(self, rows):
        super().__init__(rows)
        self.keys = tf.Variable(rows, trainable=False)
        self.use(next(iter(self.efforts.values())))

    def use(self, effort):
        self._graphs = {}

    def search(self, queries, k):
        """Slots and scores, as operations."""
        raise NotImplementedError

    def slots(self, queries, k):
        return self._graph(self._search, queries, k).numpy()

    def seconds(self, batches, k):
        return self._graph(self._timed, batches, k)[0].numpy()

    def _graph(self, function, queries, k):
        """Calls a function of queries and `k`, as a graph of its own."""
        key = function.__name__, queries.shape[1:], k
        if key not in self._graphs:
            self._graphs[key] = tf.function(functools.partial(function, k=k))
        return self._graphs[key](tf.constant(queries))

    def _search(self, queries, k):
        return self.search(queries, k)[0]

    def _timed(self, batches, k):
        count = tf.shape(batches)[0]
        seconds = tf.TensorArray(tf.float64, count)
        total = 0.0  # of what is found: TensorFlow drops what nobody reads
        for place in tf.range(count):
            start = tf.timestamp()
            with tf.control_dependencies([start]):
                slots, scores = self.search(tf.identity(batches[place]), k)
            total += tf.reduce_sum(scores) + tf.cast(slots[-1, -1], tf.float32)
            with tf.control_dependencies([total]):
                seconds = seconds.write(place, tf.timestamp() - start)
        return seconds.stack(), total


class TFExact(InGraph):
    """A product and `tf.math.top_k`: what the layers are measured by."""

    indexed = False

    def search(self, queries, k):
        scores = tf.matmul(queries, self.keys, transpose_b=True)
        return tf.math.top_k(scores, k)[::-1]


class OfLayer(InGraph):
    """A retrieval layer of this library."""

    def __init__(self, rows):
        self.layer = self.make(len(rows))
        self.layer.index(rows)
        super().__init__(rows)

    def make(self, count):
        """The layer, for `count` rows."""
        raise NotImplementedError

    def search(self, queries, k):
        return self.layer(queries, k, self.keys)[:2]


class OfExactLayer(OfLayer):
    indexed = False

    def make(self, count):
        return layers.ExactRetrieval()


class OfScaNNLayer(OfLayer):
    """ScaNN orders 100 rows itself; or codes give a shortlist of live rows."""

    package = "scann"
    efforts = {
        "reorder 100": None,
        **{f"shortlist {n}": n for n in (50, 100, 200, 400)},
    }

    def make(self, count):
        self.ordered = layers.ScaNNRetrieval(options={"reorder": 100})
        self.of_codes = None
        return self.ordered

    def use(self, effort):
        super().use(effort)
        self.layer = self.ordered if effort is None else self._codes(effort)

    def _codes(self, shortlist):
        if self.of_codes is None:
            self.of_codes = layers.ScaNNRetrieval()
            self.of_codes.index(self.rows)
        self.of_codes.shortlist = shortlist
        return self.of_codes


class OfInvertedFileLayer(OfLayer):
    efforts = {f"probes {n}": n for n in (16, 8, 32, 64)}

    def make(self, count):
        cells = max(64, round(math.sqrt(count)))
        return layers.InvertedFileRetrieval(cells, shortlist=count // 20 + 1)

    def use(self, effort):
        self.layer.probes = effort
        super().use(effort)


class ScaNN(Searcher):
    package = "scann"
    efforts = {f"leaves x {n:g}": n for n in (1, 0.25, 0.5, 2)}

    def __init__(self, rows):
        super().__init__(rows)
        scann = scann_library().scann_ops_pybind
        builder = scann.builder(rows, 10, "dot_product")
        self.index = configured(builder, len(rows)).reorder(100).build()
        leaves = round(4 * math.sqrt(len(rows)))
        self.searched = 2.5 * math.sqrt(leaves)

    def use(self, effort):
        self.leaves = max(1, round(effort * self.searched))

    def slots(self, queries, k):
        asked = {
            "final_num_neighbors": k,
            "pre_reorder_num_neighbors": max(100, 2 * k),
            "leaves_to_search": self.leaves,
        }
        if len(queries) == 1:
            return self.index.search(queries[0], **asked)[0][None]
        return self.index.search_batched_parallel(queries, **asked)[0]


class Faiss(Searcher):
    """Inverted files, codes of 4 bits scanned fast, and exact refinement."""

    package = "faiss"
    efforts = {
        f"probes {probes} refine {times}": (probes, times)
        for probes, times in (
            (64, 40),
            (32, 20),
            (64, 10),
            (128, 40),
            (128, 100),
        )
    }

    def __init__(self, rows):
        super().__init__(rows)
        faiss: Any = importlib.import_module("faiss")

        units = rows.shape[1]
        cells = round(2 * math.sqrt(len(rows)))
        self.index = faiss.index_factory(
            units,
            f"IVF{cells},PQ{units // 2}x4fs,RFlat",
            faiss.METRIC_INNER_PRODUCT,
        )
        self.index.train(rows[:: max(1, len(rows) // (64 * cells))])
        self.index.add(rows)
        self.inner = faiss.downcast_index(self.index.base_index)

    def use(self, effort):
        self.inner.nprobe, self.index.k_factor = effort

    def slots(self, queries, k):
        return self.index.search(queries, k)[1]


class Hnswlib(Searcher):
    package = "hnswlib"
    efforts = {f"ef {n}": n for n in (256, 64, 128, 512)}

    def __init__(self, rows):
        super().__init__(rows)
        import hnswlib

        self.index = hnswlib.Index("ip", rows.shape[1])
        self.index.init_index(len(rows), ef_construction=200, M=16)
        self.index.add_items(rows)

    def use(self, effort):
        self.index.set_ef(effort)

    def slots(self, queries, k):
        return self.index.knn_query(queries, k)[0]


class Usearch(Searcher):
    package = "usearch"
    efforts = {f"ef {n}": n for n in (256, 64, 128, 512)}

    def __init__(self, rows):
        super().__init__(rows)
        from usearch.index import Index

        self.index: Any = Index(
            ndim=rows.shape[1],
            metric="ip",
            dtype="f32",
            connectivity=16,
            expansion_add=200,
        )
        self.index.add(np.arange(len(rows)), rows)

    def use(self, effort):
        self.index.expansion_search = effort

    def slots(self, queries, k):
        return self.index.search(queries, k).keys.reshape(len(queries), k)


class Floor(Searcher):
    """`rows @ query` by numpy, which reads as fast as the memory gives."""

    indexed = False
    searches = False

    def slots(self, queries, k):
        return self.rows @ queries[0]


SEARCHERS = {
    "ScaNNRetrieval": OfScaNNLayer,
    "ExactRetrieval": OfExactLayer,
    "InvertedFileRetrieval": OfInvertedFileLayer,
    "scann": ScaNN,
    "tf exact": TFExact,
    "faiss": Faiss,
    "hnswlib": Hnswlib,
    "usearch": Usearch,
    "numpy read": Floor,
}
