"""Runs: a training for every seed, each kept in a file when it is done."""

import functools
import json
import pathlib
import time
from typing import Any

import keras
import rich.progress

from memnet_tf import files
from memnet_tf.training import Resume


class Runs:
    """Trainings whose results are files, so that a driver can resume.

    Args:
        output_dir: the driver's folder; runs are kept in `runs/` of it.
    """

    def __init__(self, output_dir):
        self.folder = pathlib.Path(output_dir) / "runs"

    def result(self, *name):
        """The result of a run as a dict, or None if it is not done."""
        path = self._path(*name).with_suffix(".json")
        return json.loads(path.read_text()) if path.exists() else None

    def seeds(self, *name):
        """The seeds of a training that are done, in order."""
        done = self._path(*name).glob("seed_*.json")
        return sorted(int(path.stem.removeprefix("seed_")) for path in done)

    def network(self, *name):
        """The trained model of a run that is done."""
        return keras.models.load_model(self._path(*name).with_suffix(".keras"))

    def train(
        self,
        model,
        x,
        y,
        evaluate,
        *name,
        callbacks=(),
        fit=None,
        solved=None,
        **more,
    ):
        """Trains a compiled model, from where an earlier try got to.

        Args:
            model: the model.
            x: as `fit` takes it.
            y: as `fit` takes it.
            evaluate: function of the model that returns a dict of results.
            *name: what the run is called, such as model, task and seed.
            callbacks: further callbacks.
            fit: what trains the model in place of its `fit`.
            solved: epochs, one after the other, without an error on
                validation, after which the training ends; None for never.
            **more: further arguments of `fit`.

        Returns:
            The result: what `evaluate` returned, `seconds` of training, in
            every try, and `history`.
            The trained model is a `.keras` file beside it.
        """
        path = self._path(*name)
        resume = Resume(path.with_suffix(".npz"))
        fit = fit or functools.partial(model.fit, verbose=0)
        stop = [] if solved is None else [StopWhenSolved(resume, solved)]

        def train():
            fit(
                x,
                y,
                initial_epoch=resume.restore(model),
                callbacks=[*callbacks, resume, *stop],
                **more,
            )
            with files.replaced(path.with_suffix(".keras")) as unfinished:
                model.save(unfinished)
            return {
                "seconds": round(resume.seconds, 2),
                "history": resume.history,
                **evaluate(model),
            }

        result = self.once(train, *name)
        resume.clear()
        return result

    def once(self, run, *name):
        """The result of a run, which is run if it is not done.

        Args:
            run: function of nothing that returns a dict of results.
            *name: what the run is called, such as model, task and seed.

        Returns:
            The result, and the `seconds` it took if it does not say them.
        """
        result = self.result(*name)
        if result is None:
            started = time.monotonic()
            result = run()
            result.setdefault("seconds", round(time.monotonic() - started, 2))
            path = self._path(*name).with_suffix(".json")
            with files.replaced(path) as unfinished:
                unfinished.write_text(json.dumps(result))
        return result

    def _path(self, *name):
        parts = [str(part).replace(" ", "_") or "-" for part in name]
        return self.folder.joinpath(*parts)


class StopWhenSolved(keras.callbacks.Callback):
    """Ends a training when validation has had no errors for some epochs.

    Args:
        resume: the `Resume` of the training, a callback that comes before;
            epochs before an interruption count.
        epochs: how many, one after the other.
    """

    def __init__(self, resume, epochs):
        super().__init__()
        self.resume = resume
        self.epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        last = self.resume.history["val_accuracy"][-self.epochs :]
        if last == [1.0] * self.epochs:
            self.model.stop_training = True


class Show(keras.callbacks.Callback):
    """Says how far a training is, as on a progress bar.

    Args:
        show: function of a text.
    """

    def __init__(self, show):
        super().__init__()
        self.show = show

    def on_epoch_end(self, epoch, logs=None):
        error = 100 * (1 - logs["val_accuracy"])
        self.show(f"epoch {epoch + 1}, validation error {error:.1f}%")


class Trainer:
    """Trains a recipe, with one seed after the other.

    A driver says what is prepared for all seeds and how one is trained.

    Args:
        recipe: what is trained, such as an
            `experiments.babi.recipes.Recipe`.
        name: what the runs are called, a tuple.
        store: a `Runs`.
    """

    def __init__(self, recipe, name, store):
        self.recipe = recipe
        self.name = name
        self.store = store
        self.network: Any = None

    def train(self, seed, show):
        """The result of a seed, which is trained if it is not done."""
        run = *self.name, f"seed {seed}"
        found = self.store.result(*run)
        if found is not None:
            return found
        if self.network is None:
            self.prepare()
        start_again(self.network, seed)
        return self.fit(run, seed, [*self.callbacks(), Show(show)])

    def prepare(self):
        """Makes `network`, and what its trainings need."""
        raise NotImplementedError

    def callbacks(self):
        """New callbacks, for a seed."""
        return self.recipe.callbacks()

    def fit(self, run, seed, callbacks):
        """The result of a run, as `Runs.train` returns it."""
        raise NotImplementedError


def start_again(model, seed):
    """Gives a compiled model the weights it would have got with `seed`.

    Its compiled step is kept: building a new model would compile again.
    """
    keras.utils.set_random_seed(seed)
    fresh = type(model).from_config(model.get_config())
    for variable, new in zip(model.variables, fresh.variables, strict=True):
        variable.assign(new)
    for variable in model.optimizer.variables:
        if variable is not model.optimizer.learning_rate:
            variable.assign(keras.ops.zeros_like(variable))


def progress_bar():
    """The progress bar of drivers, used as a context."""
    return rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeElapsedColumn(),
        rich.progress.TimeRemainingColumn(),
    )
