"""Scores of rows for a query: what the nearest slots are nearest by."""

from keras import ops

METRICS = ("inner_product", "l2")
FEW = 256  # rows: to set up a matrix product takes longer than to multiply
LOWEST = -1e30  # far below any score, and finite


def of_rows(query, rows, metric):
    """Scores `(..., C)` of `rows (..., C, d)` for `query (..., d)`.

    With `"inner_product"` `query . row`, with `"l2"` minus the squared
    distance.
    """
    if metric == "l2":
        rows = rows - ops.expand_dims(query, -2)
        return -ops.sum(ops.square(rows), axis=-1)
    if tuple(query.shape[:-1]) == (1,):  # one product is set up sooner
        return ops.matmul(query, ops.transpose(ops.squeeze(rows, 0)))
    if (rows.shape[-2] or FEW + 1) <= FEW:
        return ops.sum(rows * ops.expand_dims(query, -2), axis=-1)
    product = ops.matmul(rows, ops.expand_dims(query, -1))
    return ops.squeeze(product, -1)


def of_all(query, keys, metric):
    """Numbers `(N, B)` that order `keys (N, d)` as their scores do.

    With `"l2"` `query . key - |key|^2 / 2`, which is half the score and half
    the query's square: one product for the whole batch.
    """
    order = ops.matmul(keys, ops.transpose(query))
    if metric == "l2":
        squares = ops.sum(ops.square(keys), axis=-1, keepdims=True)
        order = order - squares / 2
    return order


def hidden(scores, shown):
    """Scores that are the lowest where not `shown`, and NaN the highest.

    So that nothing is found where nothing is, and NaN is not passed over.
    """
    scores = ops.where(ops.isnan(scores), -LOWEST, scores)
    return scores if shown is None else ops.where(shown, scores, LOWEST)
