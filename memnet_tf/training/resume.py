"""Resume: go on with a training that was interrupted."""

import json
import pathlib
import time

import keras
import numpy as np

from memnet_tf import files


class Resume(keras.callbacks.Callback):
    """Keeps the state of a training in a file, after every epoch.

    The file holds the model's and the optimizer's variables, the epoch, the
    history and the seconds so far. It is replaced whole, so that a kill at
    any moment leaves one that can be resumed from.

    Args:
        path: the file, `.npz`.

    Attributes:
        history: what `fit` logged, by name, of every epoch.
        seconds: how long the epochs of `history` took.

    Example:

    ```
    resume = Resume("run/state.npz")
    model.fit(
        x,
        y,
        epochs=20,
        initial_epoch=resume.restore(model),
        callbacks=[resume],
    )
    ```
    """

    def __init__(self, path):
        super().__init__()
        self.path = pathlib.Path(path)
        self.history = {}
        self.seconds = 0.0

    def restore(self, model):
        """Puts a compiled model into the state of the file.

        Returns:
            The epoch to go on with; 0 where there is no file.
        """
        self.history, self.seconds = {}, 0.0
        model.optimizer.build(model.trainable_variables)
        if not self.path.exists():
            return 0
        with np.load(self.path) as state:
            variables = _variables(model)
            found = {name for name in state.files if name != "progress"}
            if found != set(variables):
                raise ValueError(
                    f"Expected {self.path} to hold the state of "
                    f"{model.name}. Received another model's: "
                    f"{sorted(found ^ set(variables))[:3]}"
                )
            for name, variable in variables.items():
                variable.assign(state[name])
            progress = json.loads(str(state["progress"]))
        self.history = progress["history"]
        self.seconds = progress["seconds"]
        return progress["epoch"]

    def on_train_begin(self, logs=None):
        self._since = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        now = time.perf_counter()
        self.seconds += now - self._since
        self._since = now
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        progress = json.dumps(
            {
                "epoch": epoch + 1,
                "history": self.history,
                "seconds": self.seconds,
            }
        )
        variables = {
            name: keras.ops.convert_to_numpy(variable)
            for name, variable in _variables(self.model).items()
        }
        with (
            files.replaced(self.path) as unfinished,
            open(unfinished, "wb") as file,
        ):
            np.savez(file, progress=progress, **variables)

    def clear(self):
        """Removes the file, when a training is done."""
        self.path.unlink(missing_ok=True)


def _variables(model):
    """Every variable of a training, by a name that is the same each time."""
    every = [*model.variables, *model.optimizer.variables]
    return {f"{number:04d}": v for number, v in enumerate(every)}
