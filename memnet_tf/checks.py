"""Checks of arguments that stand in many places."""


def positive_ints(**arguments):
    """Refuses what is not a positive int, by its name.

    Raises:
        ValueError: an argument is not a positive int.

    Example:

    >>> positive_ints(slots=0)
    Traceback (most recent call last):
    ...
    ValueError: Expected `slots` to be a positive int. Received: 0
    """
    for name, value in arguments.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(
                f"Expected `{name}` to be a positive int. Received: {value!r}"
            )


def handed_in_where_tied(tied, name, value):
    """Refuses weights handed in where they are not tied, or not where.

    Args:
        tied: whether they are to be handed in.
        name: the argument's.
        value: what was handed in, or None.

    Raises:
        ValueError: they are where they are not tied, or not where they are.
    """
    if tied == (value is None):
        raise ValueError(
            f"Expected `{name}` exactly where tied=True. Received: "
            f"tied={tied}, {name}={value}"
        )


def one_vector_a_slot(memory, question):
    """Refuses a memory that has no vector of the question's size a slot.

    Args:
        memory: a `Memory`.
        question: `(B, d)`.

    Raises:
        ValueError: its features are not `(B, S, d)`.
    """
    shape, units = tuple(memory.features.shape), question.shape[-1]
    if len(shape) != 3 or shape[-1] != units:
        raise ValueError(
            "Expected `memory.features` of shape (batch, slots, "
            f"{units}). Received shape: {shape}"
        )
