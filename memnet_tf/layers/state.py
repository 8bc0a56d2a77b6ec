"""Weights that hold what a layer knows, and that no training changes."""


def add_state(layer, name, shape, dtype):
    """A weight of zeros that keeps its type under every policy.

    Args:
        layer: the layer or model whose weight it becomes.
        name: of the weight.
        shape: of the weight.
        dtype: of the weight.
    """
    return layer.add_weight(
        name=name,
        shape=shape,
        dtype=dtype,
        initializer="zeros",
        trainable=False,
        autocast=False,
    )
