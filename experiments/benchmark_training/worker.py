"""A process for every implementation, so that none meets another's threads."""

import importlib
import math
import multiprocessing
import time
import traceback
from typing import Any

from experiments import runs
from experiments.benchmark_training.setting import generate, initial_weights

VARIANTS: dict[
    str, tuple[str, dict[str, Any]]
] = {  # module and arguments of its Trainer
    "fit plain": (
        "keras_fit",
        {"jit_compile": False, "steps_per_execution": 1},
    ),
    "fit": ("keras_fit", {}),
    "xla loop": ("xla_loop", {}),
    "torch eager": ("torch_loop", {}),
    "torch eager bags": ("torch_loop", {"bags": True}),
    "torch compile": ("torch_loop", {"bags": True, "compiled": True}),
}


def trainer(variant, setting, batch_size, examples):
    """The trainer of a variant, with the same weights and data for all."""
    name, options = VARIANTS[variant]
    module = importlib.import_module(f"{__package__}.{name}")
    return module.Trainer(
        setting,
        *generate(setting, examples),
        batch_size,
        initial_weights(setting),
        **options,
    )


class Worker:
    """A process that trains one variant when asked to; used as a context.

    Args:
        variant: its name.
        examples: examples in an epoch.
        make: function of a variant, a setting, a batch size and a number of
            examples that returns what has `train(epochs)`.
    """

    def __init__(self, variant, examples, make=trainer):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=_serve, args=(theirs, variant, examples, make)
        )
        self.process.start()
        theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.pipe.close()
        self.process.join()

    def speed(self, setting, batch_size, seconds):
        """Examples per second, trained for about `seconds`.

        The first call for a setting and batch size compiles and finds out
        how many epochs that is.
        """
        self.pipe.send(((setting, batch_size), seconds))
        try:
            speed = self.pipe.recv()
        except EOFError:
            raise RuntimeError("The process that trains has died") from None
        if isinstance(speed, str):
            raise RuntimeError(speed)
        return speed


def measure(workers, tasks, repeats, seconds):
    """Examples per second by variant and task, one a round.

    Args:
        workers: a dict by variant of `Worker`s.
        tasks: a dict of `(setting, batch_size)` by name.
        repeats: rounds, after one that compiles and warms up.
        seconds: about how long a measurement trains.
    """
    pairs = [(variant, task) for variant in workers for task in tasks]
    speeds: dict[tuple[str, str], list[float]] = {pair: [] for pair in pairs}
    with runs.progress_bar() as bar:
        progress = bar.add_task("", total=len(pairs) * (1 + repeats))
        for number in range(1 + repeats):
            first = number % len(pairs)
            for variant, task in pairs[first:] + pairs[:first]:
                bar.update(progress, description=f"{variant}, {task}")
                speed = workers[variant].speed(*tasks[task], seconds)
                if number > 0:
                    speeds[variant, task].append(speed)
                bar.advance(progress)
    return speeds


def _serve(pipe, variant, examples, make):
    train, speed = {}, {}
    while True:
        try:
            task, seconds = pipe.recv()
        except EOFError:
            return
        try:
            if task not in train:
                setting, batch_size = task
                train[task] = make(variant, setting, batch_size, examples).train
                train[task](1)  # compiles
                speed[task] = _speed(train[task], 1, examples)
            epochs = max(1, round(seconds * speed[task] / examples))
            speed[task] = _speed(train[task], epochs, examples)
            pipe.send(speed[task])
        except Exception:
            pipe.send(traceback.format_exc())


def _speed(train, epochs, examples):
    started = time.perf_counter()
    loss = train(epochs)
    seconds = time.perf_counter() - started
    if not math.isfinite(loss):
        raise FloatingPointError(f"Training came to a loss of {loss}")
    return epochs * examples / seconds
