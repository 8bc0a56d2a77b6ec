"""Flavours: how an exported memory finds the slots that it reads.

| flavour | finds | runs |
|---|---|---|
| `exact` | all slots compared | wherever TensorFlow does |
| `inverted file` | the slots of some cells | wherever TensorFlow does |
| `scann` | by ScaNN's index | where ScaNN's op library is loaded |
"""

import importlib.metadata
import math
import textwrap
from typing import NamedTuple

from memnet_tf.layers.retrieval.exact_retrieval import ExactRetrieval
from memnet_tf.layers.retrieval.inverted_file_retrieval import (
    InvertedFileRetrieval,
)
from memnet_tf.layers.retrieval.retrieval import Retrieval
from memnet_tf.layers.retrieval.scann_library import scann_library
from memnet_tf.layers.retrieval.scann_retrieval import ScaNNRetrieval

EXACT, INVERTED_FILE, SCANN = FLAVOURS = ("exact", "inverted file", "scann")
_LAYERS: dict[str, type[Retrieval]] = {
    EXACT: ExactRetrieval,
    INVERTED_FILE: InvertedFileRetrieval,
    SCANN: ScaNNRetrieval,
}
# Slots up to which comparing all takes less time than an inverted file.
EXACT_UP_TO = 50_000
_PACKAGES = ("tensorflow", "scann")


class Flavour(NamedTuple):
    """How an exported memory finds its slots, and what that needs.

    Attributes:
        name: one of `FLAVOURS`.
        slots: number of slots it was chosen for.
        requirements: packages with their exact versions that whoever loads
            the SavedModel needs, for pip; none where TensorFlow is enough.
        needs: the same in words.
    """

    name: str
    slots: int
    requirements: tuple[str, ...]
    needs: str


def choose(slots, name=None):
    """The flavour for a memory of so many slots.

    Among those that run wherever TensorFlow does: few slots are compared
    all, more are parted into cells. ScaNN, which a stock server cannot
    load, finds them faster, and has to be asked for.

    Args:
        slots: number of slots.
        name: the flavour, one of `FLAVOURS`; None to choose by `slots`.

    Raises:
        ValueError: there is no such flavour.
        ImportError: it is `scann`, which is not installed.

    Example:

    >>> choose(1_000).name, choose(1_000_000).name
    ('exact', 'inverted file')
    """
    if name is None:
        name = EXACT if slots <= EXACT_UP_TO else INVERTED_FILE
    if name not in FLAVOURS:
        raise ValueError(
            f"Expected `flavour` to be one of {FLAVOURS}. Received: {name!r}"
        )
    if name != SCANN:
        needs = "TensorFlow alone, such as the stock TensorFlow Serving"
        return Flavour(name, slots, (), needs)
    scann_library()
    requirements = tuple(
        f"{package}=={importlib.metadata.version(package)}"
        for package in _PACKAGES
    )
    needs = (
        f"ScaNN's op library, loaded before the model: {requirements[1]} with "
        f"{requirements[0]}. In Python `import scann`; elsewhere "
        "TF_LoadLibrary of scann/scann_ops/cc/_scann_ops.so. The stock "
        "TensorFlow Serving has no such op and refuses the model"
    )
    return Flavour(name, slots, requirements, needs)


def retrieval(flavour, keys, mask=None, own=None, metric="inner_product"):
    """The layer by which an export finds slots, its index made.

    Args:
        flavour: a `Flavour`.
        keys: `(S, d)`.
        mask: bool `(S,)`, True where a slot is filled.
        own: the retrieval layer of the network, or None. Where it is of the
            flavour's kind, its settings are kept.
        metric: of a layer that is not `own`.
    """
    kind = _LAYERS[flavour.name]
    if type(own) is kind:
        layer = kind.from_config(own.get_config())
    elif kind is InvertedFileRetrieval:
        # A query looks at a sixteenth of the slots, or at twice as many where
        # its cells are large ones.
        cells = max(16, round(math.sqrt(flavour.slots)))
        layer = InvertedFileRetrieval(
            cells,
            probes=max(8, cells // 16),
            shortlist=flavour.slots // 8 + 64,
            metric=metric,
        )
    elif kind is ScaNNRetrieval:  # the keys will not change any more
        layer = ScaNNRetrieval(options={"reorder": 100}, metric=metric)
    else:
        layer = ExactRetrieval(metric=metric)
    layer.index(keys, mask)
    if not layer.built:
        layer.build(keys.shape)
    if kind is ScaNNRetrieval:
        layer.freeze()
    return layer


def requirements_file(flavour):
    """What the flavour needs, as the text of a file for pip."""
    lines = textwrap.wrap(f"Needs {flavour.needs}.", 76, break_on_hyphens=False)
    lines = [*(f"# {line}" for line in lines), *flavour.requirements]
    return "\n".join(lines) + "\n"
