"""The same questions without a server: in a Session, in C, by Keras."""

import functools

import numpy as np

from export import c_program
from export.benchmark import setting
from export.benchmark.timing import Measured, measure
from export.serve.limits import Limits
from export.serve.model import Model

_MOST_RUNS = 2000  # of the C program


class InSession:
    """A SavedModel in a Session, as a server runs it.

    Args:
        saved_model: its folder.
    """

    def __init__(self, saved_model):
        self._signatures = Model(saved_model, Limits()).signatures

    def measure(self, inputs, clients, seconds):
        call = functools.partial(self.run, setting.as_bytes(inputs))
        return measure([lambda: call] * clients, seconds)

    def run(self, inputs, signature="serving_default"):
        """Outputs by name; all texts are bytes."""
        return self._signatures[signature].run(inputs)


class InC:
    """A SavedModel in the C program. Its clock counts the call alone.

    Args:
        saved_model: its folder.
        folder: where to build the program.
    """

    def __init__(self, saved_model, folder):
        self._saved_model = saved_model
        self._program = c_program.build(folder)

    def measure(self, inputs, clients, seconds):
        inputs = setting.as_bytes(inputs)
        (first,) = self._microseconds(inputs, 1)
        runs = int(min(max(10, 1e6 * seconds / first), _MOST_RUNS))
        latencies = [one / 1e6 for one in self._microseconds(inputs, runs)]
        return Measured(latencies, len(latencies) / sum(latencies))

    def _microseconds(self, inputs, runs):
        replies = c_program.replies(
            self._program,
            self._saved_model,
            [inputs] * runs,
            options=["repeat=1"],
        )
        return [reply["microseconds"].item() for reply in replies]


class InKeras:
    """`network.predict` on ids: words are looked up before, not meanwhile."""

    def __init__(self, network):
        self._network = network

    def measure(self, inputs, clients, seconds):
        word_ids = self._network.word_ids
        ids = {
            name: np.asarray(word_ids(array.astype(str)))
            for name, array in inputs.items()
        }
        call = functools.partial(
            self._network.predict,
            ids,
            batch_size=len(ids["question"]),
            verbose=0,
        )
        call()  # traces
        return measure([lambda: call], seconds)
