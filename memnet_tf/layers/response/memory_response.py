"""R: answer with what was read."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("memnet_tf")
class MemoryResponse(keras.Layer):
    """Answers with the memory that the last hop read most.

    The simplest R of Weston et al. 2014, section 3.1: return `m_ok` itself.

    Call arguments:
        addresses: `(B, K, S)`, as O returns them.

    Output:
        Scores of the slots `(B, S)`, the last hop's addresses; the highest
        is the answer, and an empty memory scores 0 everywhere.
    """

    def call(self, addresses):
        if len(addresses.shape) != 3:
            raise ValueError(
                "Expected `addresses` of shape (batch, hops, slots). "
                f"Received shape: {tuple(addresses.shape)}"
            )
        return ops.convert_to_tensor(addresses)[:, -1]
