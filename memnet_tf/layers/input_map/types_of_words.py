"""Which words are of which types."""

import numpy as np


def types_of_words(name, types, rows):
    """By word, 1 of each of its types: a matrix of words and types.

    Args:
        name: what the argument is called, for the error.
        types: lists of word ids, one of each type.
        rows: number of words; id 0 is padding and of no type.

    Raises:
        ValueError: an id is no word.

    Example:

    >>> types_of_words("types", [[1, 2], [2]], rows=3).tolist()
    [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]
    """
    if not all(0 < word < rows for words in types for word in words):
        raise ValueError(
            f"Expected `{name}` to be lists of ids from 1 to {rows - 1}, one "
            f"of each type. Received: {types}"
        )
    of_types = np.zeros((rows, len(types)), "float32")
    for number, words in enumerate(types):
        of_types[words, number] = 1
    return of_types
