"""Errors on bAbI that papers report, in percent: tasks 1 to 20, the mean.

MemN2N: Sukhbaatar et al. 2015 (1503.08895), position encoding, linear start
and random noise, the best of 10 runs by training error. MemNN: Weston et al.
2015 (1502.05698), adaptive memory, N-grams and non-linearity, trained with
support. GatedMemN2N: Liu & Perez 2017 (1610.04211), their best run.
QueryReductionNetwork: Seo et al. 2017 (1606.04582), the best of 50 runs by
validation as their program's page has it; the paper's text has 0.7.
RecurrentEntityNetwork: Henaff et al. 2016 (1612.03969), the best of 10 runs
by validation. DynamicMemoryNetworkPlus: Xiong et al. 2016 (1603.01417), the
best of 10 runs where a task is hard.
"""

FAILED = 5  # percent of errors above which a task counts as failed

_MEAN = {  # of which no tasks are known
    ("MemN2N", "joint 10k"): 7.5,
    ("GatedMemN2N", "single 10k"): 3.7,
    ("QueryReductionNetwork", "single 10k"): 0.3,
}
_TASKS = {
    ("MemN2N", "single 1k"): (
        *(0.0, 8.3, 40.3, 2.8, 13.1, 7.6, 17.3, 10.0, 13.2, 15.1),
        *(0.9, 0.2, 0.4, 1.7, 0.0, 1.3, 51.0, 11.1, 82.8, 0.0),
    ),
    ("MemN2N", "joint 1k"): (
        *(0.0, 11.4, 21.9, 13.4, 14.4, 2.8, 18.3, 9.3, 1.9, 6.5),
        *(0.3, 0.1, 0.2, 6.9, 0.0, 2.7, 40.4, 9.4, 88.0, 0.0),
    ),
    ("MemN2N", "single 10k"): (
        *(0.0, 0.3, 9.3, 0.0, 0.6, 0.0, 3.7, 0.8, 0.8, 2.4),
        *(0.0, 0.0, 0.0, 0.0, 0.0, 0.4, 40.7, 6.7, 66.5, 0.0),
    ),
    ("MemNN", "single 1k"): (
        *(0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 15.0, 9.0, 0.0, 2.0),
        *(0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 35.0, 5.0, 64.0, 0.0),
    ),
    ("RecurrentEntityNetwork", "single 10k"): (
        *(0.0, 0.1, 4.1, 0.0, 0.3, 0.2, 0.0, 0.5, 0.1, 0.6),
        *(0.3, 0.0, 1.3, 0.0, 0.0, 0.2, 0.5, 0.3, 2.3, 0.0),
    ),
    ("DynamicMemoryNetworkPlus", "single 10k"): (
        *(0.0, 0.3, 1.1, 0.0, 0.5, 0.0, 2.4, 0.0, 0.0, 0.0),
        *(0.0, 0.0, 0.0, 0.2, 0.0, 45.3, 4.2, 2.1, 0.0, 0.0),
    ),
    ("RecurrentEntityNetwork", "single 1k"): (
        *(0.7, 56.4, 69.7, 1.4, 4.6, 30.0, 22.3, 19.2, 31.5, 15.6),
        *(8.0, 0.8, 9.0, 62.9, 57.8, 53.2, 46.4, 8.8, 90.4, 2.6),
    ),
}


def error(model, variant, task):
    """What was published of a task, `"mean"` or `"failed"`; None if nothing.

    Args:
        model: such as `"MemN2N"`.
        variant: such as `"joint 1k"`.
        task: `"1"` to `"20"`, `"mean"` in percent, or `"failed"`, a number
            of tasks.
    """
    errors = _TASKS.get((model, variant))
    if task == "mean" and (model, variant) in _MEAN:
        return _MEAN[model, variant]
    if errors is None:
        return None
    if task == "mean":
        return round(sum(errors) / len(errors), 1)
    if task == "failed":
        return sum(error > FAILED for error in errors)
    return errors[int(task) - 1]
