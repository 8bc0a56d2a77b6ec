"""Memory networks for Keras: y = R(O(G(I(x), m), I(q)))."""

import importlib

__version__ = "0.1.0"

_SUBMODULES = ("datasets", "layers", "memory_store", "models", "training")
_NAMES = {
    "Memory": "memnet_tf.memory",
    "MemoryNetwork": "memnet_tf.memory_network",
    "MemoryStore": "memnet_tf.memory_store",
}

__all__ = [*_SUBMODULES, *_NAMES]


def __getattr__(name):
    """Imports what is asked for, so that `import memnet_tf` costs little."""
    if name in _SUBMODULES:
        return importlib.import_module(f"memnet_tf.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'memnet_tf' has no attribute {name!r}")
