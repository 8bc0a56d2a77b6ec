"""DifferentiableNeuralComputer: a controller with a memory it reads and writes.

Graves et al. 2016 (Hybrid computing using a neural network with dynamic
external memory, Nature 538); with `top_k`, Rae et al. 2016 (1610.09027).
"""

from typing import Any, NamedTuple

import keras
from keras import ops

from memnet_tf import saved_model
from memnet_tf.layers.generalization import loop
from memnet_tf.layers.output_map.read_write_memory import ReadWriteMemory
from memnet_tf.signatures import Signature


class State(NamedTuple):
    """What a step leaves to the next.

    Attributes:
        hidden: `(B, n)`, of the controller.
        cell: `(B, n)`, of the controller.
        read: `(B, R, d)`, what was read.
        memory: an `AddressedMemory` or a `LinkedMemory`.
    """

    hidden: Any
    cell: Any
    read: Any
    memory: Any


@keras.saving.register_keras_serializable("memnet_tf")
class DifferentiableNeuralComputer(keras.Model):
    """A network for sequences that writes to a memory and reads it.

    For every input `x_t`, in order of time:

    1. I: the controller `h_t = lstm([x_t, r_{t-1}])`;
    2. G and O: a step of the memory, `r_t, m_t = memory(h_t, m_{t-1})`; see
       `layers.ReadWriteMemory`;
    3. R: the answer `y_t = W [h_t, r_t] + b`.

    Weights do not depend on the number of slots: a network trained with few
    slots can be given more, `network.with_slots(200)`.

    Args:
        inputs: features of an input.
        outputs: features of an answer.
        slots: `S`, slots of the memory.
        units: `d`, features of a slot.
        reads: `R`, reads of a step.
        controller_units: `n`, units of the controller.
        links: whether reads follow the order of writing.
        top_k: slots that a key addresses; all if None.

    Call arguments:
        inputs: `(B, T, inputs)`.
        state: the `State` to go on with; that of an empty memory if None.
        return_state: whether to also return the `State`.

    Output:
        Dict of `"answer"`, `(B, T, outputs)`, `"addresses"` of reads,
        `(B, T, R, S)`, and `"write_addresses"`, `(B, T, S)`; and the `State`
        after the last input if asked for.

    Example:

    >>> network = DifferentiableNeuralComputer(inputs=3, outputs=2, slots=5)
    >>> outputs, state = network(np.zeros((1, 4, 3)), return_state=True)
    >>> outputs["answer"].shape, outputs["addresses"].shape
    (TensorShape([1, 4, 2]), TensorShape([1, 4, 1, 5]))
    >>> network(np.zeros((1, 1, 3)), state)["answer"].shape
    TensorShape([1, 1, 2])
    """

    def __init__(
        self,
        inputs,
        outputs,
        slots=32,
        units=16,
        reads=1,
        controller_units=64,
        links=True,
        top_k=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self._arguments = {
            "inputs": inputs,
            "outputs": outputs,
            "slots": slots,
            "units": units,
            "reads": reads,
            "controller_units": controller_units,
            "links": links,
            "top_k": top_k,
        }
        # As the loop over inputs does, they compute in float32.
        self.controller = keras.layers.LSTMCell(
            controller_units, dtype="float32"
        )
        self.memory = ReadWriteMemory(
            slots, units, reads, links, top_k, dtype="float32"
        )
        self.response = keras.layers.Dense(outputs)
        self.build()

    def build(self, input_shape=None):
        """Makes every weight."""
        units = self.controller.units
        read = self.memory.reads * self.memory.units
        self.controller.build((None, self._arguments["inputs"] + read))
        self.memory.build((None, units))
        self.response.build((None, None, units + read))
        self.built = True

    def call(self, inputs, state=None, return_state=False):
        if state is None:
            state = self.new_state(ops.shape(inputs)[0])

        def step(leaves, inputs, _):
            told, after = self.step(
                inputs, keras.tree.pack_sequence_as(state, leaves)
            )
            return told, tuple(keras.tree.flatten(after))

        every = ops.ones(ops.shape(inputs)[:2], "bool")
        leaves = tuple(keras.tree.flatten(state))
        told, leaves = loop.one_by_one(step, leaves, inputs, every)
        outputs = self._outputs(ops.cast(told, self.compute_dtype))
        if not return_state:
            return outputs
        return outputs, keras.tree.pack_sequence_as(state, leaves)

    def step(self, inputs, state):
        """One input.

        Args:
            inputs: `(B, inputs)`.
            state: the `State` before.

        Returns:
            What `_outputs` takes of a step, `(B, N)`, and the `State` after.
        """
        read = _flat(state.read)
        hidden, (_, cell) = self.controller(
            ops.concatenate([inputs, read], axis=1), [state.hidden, state.cell]
        )
        read, write_address, memory = self.memory(hidden, state.memory)
        addresses = _flat(memory.read_addresses)
        told = [hidden, _flat(read), addresses, write_address]
        state = State(hidden, cell, read, memory)
        return ops.concatenate(told, axis=1), state

    def _outputs(self, told):
        """The outputs of what every step `(B, T, N)` tells."""
        memory = self.memory
        answered = self.controller.units + memory.reads * memory.units
        ends = [answered, answered + memory.reads * memory.slots]
        answer, addresses, write_addresses = ops.split(told, ends, axis=2)
        by_read = *ops.shape(told)[:2], memory.reads, memory.slots
        return {
            "answer": self.response(answer),
            "addresses": ops.reshape(addresses, by_read),
            "write_addresses": write_addresses,
        }

    def new_state(self, batch_size):
        """The `State` that `batch_size` sequences begin with."""
        nothing = ops.zeros((batch_size, self.controller.units))
        read = ops.zeros((batch_size, self.memory.reads, self.memory.units))
        return State(nothing, nothing, read, self.memory.empty(batch_size))

    def with_slots(self, slots):
        """A network of the same weights whose memory has `slots` slots."""
        other = type(self).from_config({**self.get_config(), "slots": slots})
        other.set_weights(self.get_weights())
        return other

    def export(self, filepath, verbose=False):
        """Writes a SavedModel that reads whole sequences.

        Its signature `serving_default` takes `inputs`, float32
        `(B, T, inputs)`, and gives the outputs of a call; every request
        begins with an empty memory.

        Args:
            filepath: the folder to write, new or an earlier SavedModel. It
                appears when it is whole.
            verbose: whether to print the signature.

        Returns:
            A `saved_model.Exported`: the signature that was written.

        Raises:
            ValueError: `filepath` is a folder of other things.
        """
        inputs = keras.InputSpec(
            shape=(None, None, self._arguments["inputs"]), dtype="float32"
        )

        def answer(inputs):
            return self(inputs)

        return saved_model.write(
            filepath,
            [self],
            {"serving_default": Signature(answer, [inputs])},
            verbose=verbose,
        )

    def get_config(self):
        return {**super().get_config(), **self._arguments}


def _flat(tensor):
    """`(B, R, n)` as `(B, R n)`."""
    return ops.reshape(tensor, (-1, tensor.shape[1] * tensor.shape[2]))
