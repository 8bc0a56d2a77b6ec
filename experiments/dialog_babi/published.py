"""Errors of responses on dialog bAbI that papers report, in percent.

MemN2N: Bordes and Weston 2017 (1605.07683), one run of the best settings by
validation. QueryReductionNetwork: Seo et al. 2017 (1606.04582), means alone.
"""

_ERRORS: dict[tuple[str, bool], dict[str, float]] = {
    ("MemN2N", False): {
        **{"1": 0.1, "2": 0.0, "3": 25.1, "4": 40.5, "5": 3.9, "6": 58.9},
        **{"1 OOV": 27.7, "2 OOV": 21.1, "3 OOV": 25.6},
        **{"4 OOV": 42.4, "5 OOV": 34.5, "mean": 13.9, "mean OOV": 30.3},
    },
    ("MemN2N", True): {
        **{"1": 0.0, "2": 1.7, "3": 25.1, "4": 0.0, "5": 6.6, "6": 59.0},
        **{"1 OOV": 3.5, "2 OOV": 5.5, "3 OOV": 24.8},
        **{"4 OOV": 0.0, "5 OOV": 22.3, "mean": 6.7, "mean OOV": 11.2},
    },
    ("QueryReductionNetwork", False): {
        **{"mean": 5.5, "mean OOV": 11.1, "6": 49.5}
    },
    ("QueryReductionNetwork", True): {
        **{"mean": 1.5, "mean OOV": 2.3, "6": 49.3}
    },
}


def error(model, match, task):
    """What was published of a task; None if nothing.

    Args:
        model: such as `"MemN2N"`.
        match: whether candidates match what was said.
        task: `"1"` to `"6"`, `"mean"` of tasks 1 to 5; `" OOV"` after it for
            entities that training does not have.
    """
    return _ERRORS.get((model, match), {}).get(task)
