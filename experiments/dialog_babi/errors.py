"""Errors of responses and of dialogs, and their rows."""

import numpy as np

from experiments import results
from experiments.dialog_babi import published

METRICS = {"error": "error", "dialog error": "error of dialogs"}
_TESTS = {"test": "", "test_oov": " OOV"}


def measure(predict, encoded, dialogs):
    """Errors in percent, by split.

    Args:
        predict: see `experiments.babi.errors.predictor`.
        encoded: see `data.encode`.
        dialogs: by split, the number of the dialog of each response.

    Returns:
        By split a dict of `"error"`, of responses, and `"dialog error"`, of
        dialogs, in which one wrong response is an error.
    """
    found = {}
    for split, (x, y) in encoded.items():
        wrong = predict(x) != y["answer"]
        dialog = np.asarray(dialogs[split])
        found[split] = {
            "error": 100 * float(np.mean(wrong)),
            "dialog error": 100 * len(set(dialog[wrong])) / len(set(dialog)),
        }
    return found


def rows(model, variant, match, found):
    """The rows of a variant: of every task and test, and their means.

    `best` is the seed that has the fewest wrong responses on validation.

    Args:
        model: name of the model.
        variant: what is varied.
        match: whether candidates match what was said.
        found: by task, for every seed, errors as `measure` returns them.
    """
    made = []
    for metric, name in METRICS.items():
        for split, mark in _TESTS.items():
            values, best = {}, {}
            for task, seeds in found.items():
                if split not in seeds[0]:
                    continue
                of_seeds = [seed[split][metric] for seed in seeds]
                validation = [seed["validation"]["error"] for seed in seeds]
                values[f"{task}{mark}"] = of_seeds
                best[f"{task}{mark}"] = of_seeds[int(np.argmin(validation))]
            together = [f"{task}{mark}" for task in range(1, 6)]
            if set(together) <= set(values):
                values[f"mean{mark}"] = np.mean(
                    [values[task] for task in together], axis=0
                )
                best[f"mean{mark}"] = np.mean([best[task] for task in together])
            for task, of_seeds in values.items():
                facts = {"best": float(best[task])}
                known = published.error(model, match, task)
                if metric == "error" and known is not None:
                    facts["published"] = known
                made.append(
                    results.row(model, variant, task, name, of_seeds, **facts)
                )
    return made
