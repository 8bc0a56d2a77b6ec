"""Sequences of random bits on which to learn algorithms: copy and recall.

The tasks of Graves et al. 2014 (Neural Turing Machines, 1410.5401, sections
4.1 and 4.3), on which memories that are written and read are compared. They
are made here: nothing is downloaded.
"""

from typing import Any, NamedTuple

import numpy as np


class Sequences(NamedTuple):
    """Sequences of inputs with what is to be answered, padded at their end.

    Attributes:
        inputs: float32 `(N, T, bits + 1)`; the last feature is 1 where items
            end and the answer, or the question, follows, and in recall where
            they begin.
        answers: float32 `(N, T, bits)`, 0 or 1.
        answered: bool `(N, T)`, the steps that `answers` is of.
    """

    inputs: Any
    answers: Any
    answered: Any


def copy(sequences, shortest, longest, bits=6, seed=0):
    """Random items, an end, and as many steps in which to repeat them.

    Args:
        sequences: `N`, how many.
        shortest: the least number of items.
        longest: the greatest; `T` is twice as many and the end.
        bits: random bits of an item.
        seed: another seed makes others.

    Returns:
        A `Sequences`.

    Example:

    >>> inputs, answers, answered = copy(1, shortest=2, longest=2, bits=1)
    >>> inputs[0, :, 1].tolist(), answered[0].tolist()
    ([0.0, 0.0, 1.0, 0.0, 0.0], [False, False, False, True, True])
    >>> bool((inputs[0, :2, :1] == answers[0, 3:]).all())
    True
    """
    rng = np.random.default_rng(seed)
    made = _nothing(sequences, 2 * longest + 1, bits)
    for row, length in enumerate(_lengths(rng, sequences, shortest, longest)):
        items = rng.integers(0, 2, (length, bits))
        answer = slice(length + 1, 2 * length + 1)
        made.inputs[row, :length, :bits] = items
        made.inputs[row, length, bits] = 1
        made.answers[row, answer] = items
        made.answered[row, answer] = True
    return made


def associative_recall(
    sequences, shortest, longest, bits=6, questions=1, seed=0
):
    """Random items between ends, and some of them: the next of each is asked.

    The items of a sequence differ. A question is one of them, but for the
    last, and is answered in the step after it. As in the paper there is a
    step before the first item, too, that is none: without it, what read the
    sequences wrote the first item otherwise than the others, and had most of
    its errors where that was asked.

    Args:
        sequences: `N`, how many.
        shortest: the least number of items, at least 2.
        longest: the greatest, at most `2 ** bits`; `T` is two more, and two
            more for every question.
        bits: random bits of an item.
        questions: how many are asked, drawn with replacement.
        seed: another seed makes others.

    Returns:
        A `Sequences`.

    Raises:
        ValueError: there are not so many items, or too few to ask for.

    Example:

    >>> inputs, answers, answered = associative_recall(1, 2, 2, bits=4)
    >>> inputs[0, :, 4].tolist()
    [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    >>> answered[0].tolist()
    [False, False, False, False, False, True]
    >>> bool((inputs[0, 4] == inputs[0, 1]).all())
    True
    >>> bool((answers[0, 5] == inputs[0, 2, :4]).all())
    True
    """
    if not 2 <= shortest <= longest <= 2**bits:
        raise ValueError(
            f"Expected from 2 to {2**bits} items of {bits} bits. "
            f"Received: {shortest} to {longest}"
        )
    rng = np.random.default_rng(seed)
    made = _nothing(sequences, longest + 2 + 2 * questions, bits)
    for row, length in enumerate(_lengths(rng, sequences, shortest, longest)):
        numbers = rng.choice(2**bits, length, replace=False)
        items = numbers[:, None] >> np.arange(bits) & 1
        asked = rng.integers(length - 1, size=questions)
        question = length + 2 + 2 * np.arange(questions)
        made.inputs[row, 1 : length + 1, :bits] = items
        made.inputs[row, [0, length + 1], bits] = 1
        made.inputs[row, question, :bits] = items[asked]
        made.answers[row, question + 1] = items[asked + 1]
        made.answered[row, question + 1] = True
    return made


def _lengths(rng, sequences, shortest, longest):
    return rng.integers(shortest, longest, sequences, endpoint=True)


def _nothing(sequences, steps, bits):
    return Sequences(
        inputs=np.zeros((sequences, steps, bits + 1), "float32"),
        answers=np.zeros((sequences, steps, bits), "float32"),
        answered=np.zeros((sequences, steps), bool),
    )
