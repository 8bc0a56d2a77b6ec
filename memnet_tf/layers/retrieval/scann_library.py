"""ScaNN: imported when it is needed, and set up for the number of rows."""

import dataclasses
import importlib
import importlib.metadata
import math


def scann_library():
    """The module `scann`, imported now.

    Raises:
        ImportError: ScaNN is not installed, or not the one built for the
            installed TensorFlow.
    """
    try:
        scann = importlib.import_module("scann")
        # Without TensorFlow the module is there, but its operations are not.
        importlib.import_module("scann.scann_ops.py.scann_ops")
    # A pair that does not fit raises tensorflow.errors.NotFoundError.
    except Exception as error:
        raise ImportError(
            "Expected scann 1.4.2 with tensorflow 2.20: pip install "
            f"'memnet_tf[scann]'. Received: {_installed('scann')} with "
            f"{_installed('tensorflow')} ({type(error).__name__})"
        ) from error
    return scann


def _installed(package):
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"no {package}"


@dataclasses.dataclass(frozen=True)
class ScaNNOptions:
    """How ScaNN searches `N` rows.

    Few rows are compared one by one, more are compared by their hashes
    (asymmetric hashing, Guo et al. 2020), and many are parted into leaves
    of which each search looks at some. The defaults reach a recall@10 of
    0.98 among a million rows of 128 features.

    Attributes:
        hash_from: rows from which they are hashed.
        tree_from: rows from which they are parted into leaves; `N + 1` where
            queries are sums of several rows, which are near no leaf.
        leaves: leaves of the tree; `4 sqrt(N)` if None. Twice as many as is
            usual: where some topics are talked about much more than others,
            a search of the same recall then reads half as many rows.
        leaves_to_search: leaves that a search looks at; if None
            `2.5 sqrt(leaves)`, 158 of the 4,000 leaves of a million rows.
        avq: how much longer rows count when leaves are made, for inner
            products: raises recall at no cost.
        dimensions_per_block: features in a code of 4 bits.
        anisotropic_threshold: how much more the error along a row counts
            than the error across it, for inner products.
        reorder: hashed rows that ScaNN compares again, by a copy of all
            rows in 8 bits a feature; None for neither.
    """

    hash_from: int = 4_000
    tree_from: int = 16_000
    leaves: int | None = None
    leaves_to_search: int | None = None
    avq: float = 4.0
    dimensions_per_block: int = 2
    anisotropic_threshold: float = 0.2
    reorder: int | None = None


def configured(builder, count, options=None):
    """A builder of ScaNN, told how to search.

    Serves `scann.scann_ops.builder` and `scann.scann_ops_pybind.builder`.

    Args:
        builder: the builder, with its rows and its distance measure.
        count: `N`, the number of rows.
        options: a `ScaNNOptions`; the defaults if None.

    Example:

    ```
    scann = scann_library()
    builder = scann.scann_ops_pybind.builder(rows, 10, "dot_product")
    slots, scores = configured(builder, len(rows)).build().search(query)
    ```
    """
    options = options or ScaNNOptions()
    if count < options.hash_from:
        return builder.score_brute_force()
    inner_product = builder.distance_measure == "dot_product"
    if count >= options.tree_from:
        leaves = min(options.leaves or round(4 * math.sqrt(count)), count)
        searched = options.leaves_to_search or round(2.5 * math.sqrt(leaves))
        builder = builder.tree(
            num_leaves=leaves,
            num_leaves_to_search=min(searched, leaves),
            avq=options.avq if inner_product else None,
        )
    threshold = options.anisotropic_threshold
    builder = builder.score_ah(
        options.dimensions_per_block,
        anisotropic_quantization_threshold=(
            threshold if inner_product else math.nan
        ),
    )
    if options.reorder:
        module = importlib.import_module("scann.scann_ops.py.scann_builder")
        eight_bits = module.ReorderType.INT8
        builder = builder.reorder(options.reorder, quantize=eight_bits)
    return builder
