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
