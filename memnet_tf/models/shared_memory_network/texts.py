"""The texts of a large memory, as a variable."""

import os

import keras
import numpy as np
import tensorflow as tf

_FILE = "texts.npz"


@keras.saving.register_keras_serializable("memnet_tf")
class Texts(keras.Layer):
    """Holds a text for each slot of a memory.

    In a variable, which a SavedModel keeps in its checkpoint: a constant of
    a million texts would not fit into a graph.

    Args:
        slots: `S`, the number of slots.

    Call arguments:
        slots: int32 `(...)`; -1 for none.

    Output:
        Strings `(...)`, "" where the slot is -1 or empty.

    Example:

    >>> texts = Texts(slots=3)
    >>> texts.assign(["John went home.", "Mary slept."])
    >>> texts(np.array([1, -1, 2])).numpy().tolist()
    [b'Mary slept.', b'', b'']
    """

    def __init__(self, slots, **kwargs):
        super().__init__(**kwargs)
        self.slots = slots
        self.held = tf.Variable(tf.fill([slots], ""), trainable=False)
        self.built = True

    def assign(self, texts):
        """Holds other texts, at most `S` strings."""
        held = np.full(self.slots, "", object)
        held[: len(texts)] = texts
        self.held.assign(tf.constant(held, tf.string))

    def as_list(self):
        """The texts of all slots, a list of `S` strings."""
        return [held.decode() for held in self.held.numpy().tolist()]

    def call(self, slots):
        texts = tf.gather(self.held, tf.maximum(slots, 0))
        return tf.where(slots >= 0, texts, "")

    def save_assets(self, folder):
        """Writes the texts into a `.keras` file."""
        texts = self.held.numpy().tolist()
        np.savez(
            os.path.join(folder, _FILE),
            bytes=np.frombuffer(b"".join(texts), "uint8"),
            lengths=np.array([len(text) for text in texts], "int64"),
        )

    def load_assets(self, folder):
        """Reads the texts from a `.keras` file."""
        with np.load(os.path.join(folder, _FILE)) as arrays:
            joined = arrays["bytes"].tobytes()
            ends = np.cumsum(arrays["lengths"]).tolist()
        starts = [0, *ends[:-1]]
        self.assign([joined[i:j] for i, j in zip(starts, ends, strict=True)])

    def get_config(self):
        return {**super().get_config(), "slots": self.slots}
