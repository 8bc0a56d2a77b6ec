"""SGD that keeps one embedding table from slowing the others."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("memnet_tf")
class TableClippedSGD(keras.optimizers.SGD):
    """SGD that clips the gradient of every embedding table by its own norm.

    Layers keep their tables side by side in one variable, `(V, E d)` or
    `(S, E, d)`, and `clipnorm` of Keras takes the norm of the whole. MemN2N
    was trained with one norm a table (Sukhbaatar et al. 2015, section 4.2):
    while the gradient of a hop's table is large, the others go on learning.
    A vector `(d,)` is a table of one row.

    Args:
        units: `d`, the columns of a table.
        learning_rate: see `keras.optimizers.SGD`.
        table_norm: the norm that the gradient of a table has at most.
        **kwargs: see `keras.optimizers.SGD`.

    Raises:
        ValueError: a variable that is to be trained does not consist of
            tables of `units` columns.

    Example:

    >>> variable = keras.Variable(np.zeros((1, 4), "float32"))
    >>> optimizer = TableClippedSGD(units=2, learning_rate=1.0, table_norm=5)
    >>> optimizer.apply([np.float32([[6, 8, 3, 0]])], [variable])
    >>> variable.numpy().tolist()
    [[-3.0, -4.0, -3.0, 0.0]]
    """

    def __init__(
        self,
        units,
        learning_rate=0.01,
        table_norm=40.0,
        name="table_clipped_sgd",
        **kwargs,
    ):
        super().__init__(learning_rate, name=name, **kwargs)
        self.units = units
        self.table_norm = table_norm

    def build(self, variables):
        for variable in variables:
            if not variable.shape or variable.shape[-1] % self.units:
                raise ValueError(
                    f"Expected variables of tables of {self.units} columns. "
                    f"Received: {variable.path} of shape {variable.shape}"
                )
        super().build(variables)

    def apply(self, grads, trainable_variables=None):
        clipped = [
            None if gradient is None else self._clip(gradient)
            for gradient in grads
        ]
        return super().apply(clipped, trainable_variables)

    def _clip(self, gradient):
        gradient = ops.convert_to_tensor(gradient)
        rows = gradient.shape[0] if len(gradient.shape) > 1 else 1
        tables = ops.reshape(gradient, (rows, -1, self.units))
        norms = ops.sqrt(
            ops.sum(ops.square(tables), axis=(0, 2), keepdims=True)
        )
        tables = tables * (
            self.table_norm / ops.maximum(norms, self.table_norm)
        )
        return ops.reshape(tables, gradient.shape)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "table_norm": self.table_norm,
        }
