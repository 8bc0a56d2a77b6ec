"""O: slots are scored by how they differ from the question and the state."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("memnet_tf")
class InteractionScore(keras.Layer):
    """Scores a slot by its interactions with the question and the state.

    The attention gates of Xiong et al. 2016 (1603.01417, section 3.2): with
    key `f`, question `q` and state `m`,

    1. `z = [f * q, f * m, |f - q|, |f - m|]`
    2. score `w_2 . tanh(W_1 z + b_1)`

    A bias added to every score would change no address, and is left out.

    Call arguments:
        question: `q`, `(B, d)`.
        state: `m`, `(B, d)`.
        keys: `f`, `(B, S, d)`.

    Output:
        Scores `(B, S)`.

    Example:

    >>> question = np.ones((1, 4), "float32")
    >>> InteractionScore()(question, question, np.ones((1, 3, 4))).shape
    TensorShape([1, 3])
    """

    def build(self, question_shape, state_shape=None, keys_shape=None):
        units = question_shape[-1]
        self.hidden = self.add_weight(
            name="hidden", shape=(4 * units, units), initializer="glorot_normal"
        )
        self.bias = self.add_weight(
            name="bias", shape=(units,), initializer="zeros"
        )
        self.score = self.add_weight(
            name="score", shape=(units, 1), initializer="glorot_normal"
        )

    def call(self, question, state, keys):
        question = ops.expand_dims(question, 1)
        state = ops.expand_dims(state, 1)
        interactions = ops.concatenate(
            [
                keys * question,
                keys * state,
                ops.abs(keys - question),
                ops.abs(keys - state),
            ],
            axis=-1,
        )
        hidden = ops.tanh(
            ops.add(ops.matmul(interactions, self.hidden), self.bias)
        )
        return ops.squeeze(ops.matmul(hidden, self.score), -1)
