"""Perplexities that papers report of the Penn Treebank.

MemN2N: Sukhbaatar et al. 2015 (1503.08895, table 3), 150 units, the best of 10
runs by validation.
"""

# By hops and memories: of validation and of test.
_MEMN2N = {
    (2, 100): (128, 121),
    (3, 100): (129, 122),
    (4, 100): (127, 120),
    (5, 100): (127, 118),
    (6, 100): (122, 115),
    (7, 100): (120, 114),
    (6, 25): (125, 118),
    (6, 50): (121, 114),
    (6, 75): (122, 114),
    (6, 125): (120, 112),
    (6, 150): (121, 114),
    (7, 200): (118, 111),
}
_UNITS = 150


def perplexity(split, hops, memories, units):
    """What was published of a split; None if nothing.

    Args:
        split: `"validation"` or `"test"`.
        hops: reads of the memory.
        memories: words remembered.
        units: size of an embedding.

    Example:

    >>> perplexity("test", 6, 100, 150)
    115
    """
    if units != _UNITS or (hops, memories) not in _MEMN2N:
        return None
    validation, test = _MEMN2N[hops, memories]
    return validation if split == "validation" else test
