"""How long MemN2N trains on all bAbI tasks until the paper's error."""

import math
import statistics

from experiments import results, runs
from experiments.babi import published

RUN = "MemN2N", "joint 1k", "all tasks"  # of experiments.babi
EXAMPLES = 18_016  # an epoch: its questions, the last batch of 32 filled


def rows(babi_dir, task, speeds):
    """Rows of the seconds that each variant trains, one value a seed.

    The error is the first that all seeds reached on validation, if that is
    not the paper's. Time for validation does not count.

    Args:
        babi_dir: folder that `experiments.babi` wrote.
        task: what `speeds` are of.
        speeds: examples per second by variant, a list of repeats.

    Raises:
        FileNotFoundError: `babi_dir` has no such training.
    """
    store = runs.Runs(babi_dir)
    histories = [
        store.result(*RUN, f"seed {seed}")["history"]
        for seed in store.seeds(*RUN)
    ]
    if not histories:
        raise FileNotFoundError(
            f"Expected {' '.join(RUN)}, trained by experiments.babi, in "
            f"{babi_dir}. Received: a folder without it"
        )
    error, epochs = epochs_to_error(histories)
    return [
        results.row(
            RUN[0],
            variant,
            task,
            f"seconds to {error:g}% error",
            [EXAMPLES * count / statistics.median(repeats) for count in epochs],
            epochs=epochs,
        )
        for variant, repeats in speeds.items()
    ]


def epochs_to_error(histories):
    """The error in percent that all reached, and after how many epochs.

    Args:
        histories: of each seed, with `val_accuracy` from 0 to 1.

    Example:

    >>> epochs_to_error([{"val_accuracy": [0.5, 0.88, 0.9]}])
    (12.4, [2])
    """
    errors = [
        [100 * (1 - accuracy) for accuracy in history["val_accuracy"]]
        for history in histories
    ]
    reached = max(map(min, errors))
    error = max(published.error(*RUN[:2], "mean"), math.ceil(10 * reached) / 10)
    return error, [
        1 + next(n for n, one in enumerate(seed) if one <= error)
        for seed in errors
    ]
