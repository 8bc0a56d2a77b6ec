"""Checks of what a caller hands to a store, before anything changes."""

import json

import numpy as np

LARGEST = 1e15  # so that no sum of products overflows
NEW_IDS = 2**62  # ids given are below, so that there are numbers after them


def vectors(given, dimension, name="vectors"):
    """The vectors as float32 `(n, d)`."""
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise ValueError(
            f"Expected `{name}` to be numbers of shape (n, {dimension}). "
            f"Received: {error}"
        ) from error
    if (
        array.dtype.kind not in "fiu"
        or array.ndim != 2
        or array.shape[1] != dimension
    ):
        raise ValueError(
            f"Expected `{name}` to be numbers of shape (n, {dimension}). "
            f"Received: {array.dtype} of shape {array.shape}"
        )
    # A NaN is neither below nor above.
    low, high = array.min(initial=0), array.max(initial=0)
    if not (low >= -LARGEST and high <= LARGEST):
        row = np.argmin((np.abs(array) <= LARGEST).all(axis=1))
        raise ValueError(
            f"Expected `{name}` to be finite and within ±{LARGEST:g}. "
            f"Received: row {row} with {array[row].tolist()}"
        )
    return np.ascontiguousarray(array, "float32")


def ids(given, end=2**63):
    """The ids as int64 `(n,)`, from 0 and below `end`, each only once."""
    array = np.asarray(given)
    if array.size == 0:
        array = array.astype("int64")
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise ValueError(
            "Expected `ids` to be integers of shape (n,). Received: "
            f"{array.dtype} of shape {array.shape}"
        )
    if array.size and (array.min() < 0 or array.max() >= end):
        raise ValueError(
            f"Expected `ids` from 0 to {end - 1}. Received: "
            f"{array.min()} to {array.max()}"
        )
    array = array.astype("int64")
    different, counts = np.unique(array, return_counts=True)
    if len(different) < len(array):
        raise ValueError(
            "Expected `ids` that differ. Received: more than once "
            f"{different[counts > 1][:10].tolist()}"
        )
    return array


def usefulness(given, count):
    """A number for each of `count` memories, float64 `(count,)`."""
    array = np.asarray(given)
    if array.dtype.kind not in "fiu" or array.shape not in ((), (count,)):
        raise ValueError(
            f"Expected `usefulness` to be a number or {count} numbers. "
            f"Received: {array.dtype} of shape {array.shape}"
        )
    array = np.broadcast_to(array.astype("float64"), (count,))
    if not np.isfinite(array).all():
        raise ValueError(
            "Expected `usefulness` to be finite. Received: "
            f"{array[~np.isfinite(array)][0]}"
        )
    return array


def records(given, count):
    """A record for each of `count` memories, as JSON texts."""
    given = list(given)
    if len(given) != count:
        raise ValueError(
            f"Expected as many `records` as vectors, {count}. "
            f"Received: {len(given)}"
        )
    try:
        return [json.dumps(record, allow_nan=False) for record in given]
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            f"Expected `records` that JSON can hold. Received: {error}"
        ) from error


def count(given, name):
    """A positive integer."""
    if (
        not isinstance(given, (int, np.integer))
        or isinstance(given, bool)
        or given < 1
    ):
        raise ValueError(
            f"Expected `{name}` to be a positive integer. Received: {given!r}"
        )
    return int(given)
