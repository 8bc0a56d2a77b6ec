"""A network that writes to the nearest slot and reads the nearest ones."""

import os

import keras
import numpy as np
from keras import ops

from memnet_tf import files
from memnet_tf.layers.generalization import loop
from memnet_tf.layers.generalization.nearest_gated import NearestGated
from memnet_tf.memory import Memory
from memnet_tf.memory_store import MemoryStore
from memnet_tf.models.vector_index_memory_network.exporting import export
from memnet_tf.models.vector_index_memory_network.nearest_attention import (
    NearestAttention,
)

INITIAL = ("learned", "empty")


@keras.saving.register_keras_serializable("memnet_tf")
class VectorIndexMemoryNetwork(keras.Model):
    """A network for streams, whose memory is a vector index.

    For every input `x` of a stream, in order of time:

    1. I: features `f = I(x)`, a perceptron of two layers.
    2. G: the slot `m` nearest to `f` becomes `(1 - g) m + g f`, under the
       same id, by a gate `g = sigmoid(w . [f, m] + b)`; an empty slot is
       taken first where there is one. See `layers.NearestGated`.
    3. O: `f` attends to the `k` slots nearest to it, which gives `o`.
    4. R: the output is `R([f, o])`, a perceptron of two layers.

    An input that is not written only reads: a question. What should be
    remembered has to be in the input that is written, such as a key with
    its value.

    The memory is a `Memory` that is handed in and out, or a `MemoryStore`
    of up to a million slots and more (`stream`). Train with the one, and
    let the other grow.

    Args:
        inputs: features of an input.
        slots: `S`, slots of the memory in training.
        features: `d`, features of a slot.
        outputs: features of an output.
        units: units of the hidden layer of I and of R.
        k: slots read for an input.
        heads: heads that read them.
        initial: what a new memory holds: `"learned"`, `S` filled slots that
            are weights; or `"empty"`, empty slots, which the first `S`
            inputs are written to. Learned slots suit a memory of places
            that are always overwritten, empty ones a memory of examples.

    Call arguments:
        inputs: `(B, T, inputs)`, `T` inputs in order of time; or a dict of
            this as `"inputs"` and of `"written"`, bool `(B, T)`, False
            where an input is only a question.
        memory: the `Memory` to go on with; a new one if None.
        return_memory: whether to also return the `Memory`.

    Output:
        `(B, T, outputs)`, and the `Memory` after the last input if asked
        for.

    Attributes:
        store: a `MemoryStore` that `stream` and `export` use and that is
            saved with the network, or None.

    Example:

    >>> network = VectorIndexMemoryNetwork(inputs=3, outputs=2)
    >>> outputs, memory = network(np.zeros((1, 4, 3)), return_memory=True)
    >>> outputs.shape, memory.features.shape
    (TensorShape([1, 4, 2]), TensorShape([1, 10, 10]))
    """

    def __init__(
        self,
        inputs=5,
        slots=10,
        features=10,
        outputs=5,
        units=16,
        k=5,
        heads=1,
        initial="learned",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if initial not in INITIAL:
            raise ValueError(
                f"Expected `initial` to be one of {INITIAL}. "
                f"Received: {initial!r}"
            )
        self._arguments = {
            "inputs": inputs,
            "slots": slots,
            "features": features,
            "outputs": outputs,
            "units": units,
            "k": k,
            "heads": heads,
            "initial": initial,
        }
        self.input_map = _perceptron(units, features, "input_map")
        self.generalization = NearestGated(slots)
        self.output_map = NearestAttention(k, heads)
        self.response = _perceptron(units, outputs, "response")
        self.store = None
        self.build()

    def build(self, input_shape=None):
        """Makes every weight."""
        slots, units = self._arguments["slots"], self._arguments["features"]
        shape = (None, None, units)
        self.input_map.build((None, None, self._arguments["inputs"]))
        self.generalization.build(shape)
        self.output_map.build(shape)
        self.response.build((None, None, units * (1 + self.output_map.heads)))
        if self._arguments["initial"] == "learned":
            # Near 0: an input takes a slot that none was written to, unless
            # it is nearer to another than to 0.
            self.initial_slots = self.add_weight(
                name="initial_slots",
                shape=(slots, units),
                initializer=keras.initializers.RandomNormal(stddev=0.03),
            )
        self.built = True

    def call(self, inputs, memory=None, return_memory=False):
        x, written = _parted(inputs)
        features = self.input_map(x)
        if memory is None:
            memory = self.new_memory(ops.shape(x)[0])
        read, memory = self._write_and_read(features, memory, written)
        outputs = self.respond(features, read)
        return (outputs, memory) if return_memory else outputs

    def new_memory(self, batch_size):
        """The `Memory` that a stream begins with."""
        slots, units = self._arguments["slots"], self._arguments["features"]
        memory = Memory.empty(batch_size, slots, (units,), self.compute_dtype)
        if self._arguments["initial"] == "empty":
            return memory
        features = ops.convert_to_tensor(self.initial_slots)
        return memory._replace(
            features=ops.broadcast_to(features, (batch_size, slots, units)),
            mask=ops.ones_like(memory.mask),
        )

    def _write_and_read(self, features, memory, written):
        """What was read `(B, T, h d)`, and the memory after the inputs."""

        def step(state, features, written):
            slot, state = self.generalization.write_one(
                state, features, written
            )
            read = self.output_map.call(ops.expand_dims(features, 1), *state)
            return ops.concatenate([slot, read[:, 0]], axis=1), state

        state = memory.features, memory.mask
        outputs, state = loop.one_by_one(step, state, features, written)
        slot, read = ops.split(outputs, [1], axis=2)
        memory = loop.written_one_by_one(memory, state[0], slot, written)
        return ops.cast(read, features.dtype), memory

    def respond(self, features, read):
        """R: outputs for features `(B, T, d)` and what they read."""
        return self.response(ops.concatenate([features, read], axis=-1))

    def answer(self, inputs, memory):
        """Outputs `(B, T, outputs)` of inputs that are not written.

        Args:
            inputs: `(B, T, inputs)`.
            memory: the `Memory` to read.
        """
        features = self.input_map(inputs)
        read = self.output_map(features, memory.features, memory.mask)
        return self.respond(features, read)

    def stream(self, inputs, store=None, written=None):
        """Goes on with one stream, whose memory is a store.

        With exact search it gives what a call with a `Memory` of as many
        slots gives. A network with learned slots puts them into an empty
        store first.

        Args:
            inputs: `(T, inputs)`, in order of time.
            store: the `MemoryStore` to read and write; `self.store` if
                None.
            written: bool `(T,)`; an input where it is False only reads.

        Returns:
            `(T, outputs)`, an array.

        Raises:
            ValueError: there is no store, or it is not one of Euclidean
                distances of as many features as a slot has.

        Example:

        >>> from memnet_tf.memory_store import MemoryStore
        >>> network = VectorIndexMemoryNetwork(inputs=3, outputs=2)
        >>> store = MemoryStore(dimension=10, capacity=1000, metric="l2")
        >>> network.stream(np.ones((20, 3)), store).shape, len(store)
        ((20, 2), 30)
        """
        store = self._store(store)
        if written is None:
            written = np.ones(len(inputs), bool)
        if self._arguments["initial"] == "learned" and not len(store):
            store.write(ops.convert_to_numpy(self.initial_slots))
        features = self.input_map(np.asarray(inputs, "float32")[None])
        k, units = self.output_map.k, self._arguments["features"]
        rows = np.zeros((len(inputs), k, units), "float32")
        mask = np.zeros((len(inputs), k), bool)
        for time, feature in enumerate(ops.convert_to_numpy(features)[0]):
            if written[time]:
                store.write_nearest(feature, gate=self._gate)
            found = store.search(feature[None], k)
            mask[time] = found.mask[0]
            rows[time, mask[time]] = store.read(found.ids[found.mask]).vectors
        read = self.output_map.attend(features, rows[None], mask[None])
        return ops.convert_to_numpy(self.respond(features, read))[0]

    def _gate(self, features, slots):
        return ops.convert_to_numpy(self.generalization.gate(features, slots))

    def _store(self, store):
        store = self.store if store is None else store
        expected = self._arguments["features"], "l2"
        received = None if store is None else (store.dimension, store.metric)
        if received != expected:
            raise ValueError(
                "Expected a MemoryStore of dimension and metric "
                f"{expected}. Received: {received}"
            )
        return store

    def export(self, filepath, memory=None, flavour=None, verbose=False):
        """Writes a SavedModel that answers with the present memory.

        Its signature `serving_default` takes `inputs`, float32
        `(B, T, inputs)`, questions that are not written, and gives
        `outputs`; a request changes nothing.

        Args:
            filepath: the folder to write. It appears when it is whole.
            memory: a `Memory` of one stream; what `self.store` holds if
                None.
            flavour: how the nearest slots are found, one of
                `flavours.FLAVOURS`; None to choose by their number.
            verbose: whether to print the signature.

        Returns:
            A `saved_model.Exported`: the signature, and the
            `flavours.Flavour`, which tells what the SavedModel needs.

        Raises:
            ValueError: there is neither a memory nor a store, the memory
                is of several streams, `filepath` is a folder of other
                things than a SavedModel, or there is no such flavour.
            ImportError: the flavour is `scann`, which is not installed.
        """
        if memory is None:
            store = self._store(None)
            slots = store.read(list(store)).vectors
            filled = np.ones(len(slots), bool)
        else:
            slots, filled = (
                np.array(ops.convert_to_numpy(part))
                for part in (memory.features, memory.mask)
            )
            if len(slots) != 1:
                raise ValueError(
                    "Expected `memory` of one stream, of shape (1, slots, "
                    f"features). Received shape: {slots.shape}"
                )
            slots, filled = slots[0], filled[0]
        return export(self, filepath, slots[filled], flavour, verbose)

    def save(self, filepath, overwrite=True, **kwargs):
        """As `keras.Model.save`; a save that fails leaves the old file.

        The store is saved with the network.

        Raises:
            FileExistsError: the file is there, and `overwrite` is False.
        """
        if not overwrite and os.path.exists(filepath):
            raise FileExistsError(f"Expected a new file. Received: {filepath}")
        with files.replaced(filepath) as unfinished:
            super().save(unfinished, **kwargs)

    def save_assets(self, folder):
        """Writes the store into a `.keras` file."""
        if self.store is not None:
            self.store.save(os.path.join(folder, "store"))

    def load_assets(self, folder):
        """Reads the store from a `.keras` file that holds one."""
        folder = os.path.join(folder, "store")
        if os.path.exists(folder):
            # The folder is that of an unpacked file, which is removed.
            self.store = MemoryStore.load(folder, memory_map=False)

    def get_config(self):
        return {**super().get_config(), **self._arguments}


def _perceptron(units, outputs, name):
    return keras.Sequential(
        [
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(outputs),
        ],
        name=name,
    )


def _parted(inputs):
    """Inputs `(B, T, n)`, and which are written, bool `(B, T)`."""
    if isinstance(inputs, dict):
        return inputs["inputs"], ops.cast(inputs["written"], "bool")
    return inputs, ops.ones(ops.shape(inputs)[:2], "bool")
