"""A long-lived memory beside a model: bounded, searched and saved."""

from memnet_tf.memory_store.forgetting import (
    LeastOftenRead,
    LeastRecentlyRead,
    LeastUseful,
    Oldest,
    Refuse,
)
from memnet_tf.memory_store.memory_store import Found, MemoryStore, Read

__all__ = [
    "Found",
    "LeastOftenRead",
    "LeastRecentlyRead",
    "LeastUseful",
    "MemoryStore",
    "Oldest",
    "Read",
    "Refuse",
]
