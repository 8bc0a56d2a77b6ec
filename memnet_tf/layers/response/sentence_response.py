"""R: answer with a sentence, word by word."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints
from memnet_tf.layers.output_map import addressing
from memnet_tf.layers.response.beam_search import NEVER, beam_search


@keras.saving.register_keras_serializable("memnet_tf")
class SentenceResponse(keras.Layer):
    """Says a sentence, and looks at what was read for each of its words.

    The recurrent R that Weston et al. 2014 (section 3.1) propose for whole
    sentences, with the global attention of Luong et al. 2015 (1508.04025,
    section 3.1). With `o` what O read, `q` the question, `v_i` the value of
    slot `i`, `r_i` the sum of its addresses over the hops, and `e_w` the
    embedding of word `w`:

    1. `h_0 = tanh(W_0 [o, q] + b_0)`
    2. `h_t = gru(e_w, h_{t-1})`, where `w` is the word before, at first 0
    3. `a_i = r_i exp(h_t . W_a v_i) / sum_j r_j exp(h_t . W_a v_j)`: a slot
       that no hop read is not looked at
    4. `s_t = tanh(W [h_t, sum_i a_i v_i, o] + b)`
    5. the logits of word `w` are `e_w . s_t`

    Word 0, which is no word, ends a sentence.

    Args:
        vocabulary_size: `V`, number of word ids.
        length: `L`, words of a sentence at most.
        beams: `N`, beginnings kept at every word when a sentence is looked
            for; 1 says the likeliest word always. See `beam_search`.
        reserved: ids from 1 and before this one (unknown words) are never
            said: their logits are very low.

    Call arguments:
        output: `(B, d)`, what O read.
        question: `(B, d)`.
        values: `(B, S, d)`, what the slots hold.
        addresses: `(B, K, S)`, with which O read them.
        words: int `(B, T)`, sentences that are said, to learn them (teacher
            forcing).

    Output:
        With words, the logits `(B, T, V)` of each after those before it.
        Without, `(sentences, scores)`: int32 `(B, N, L)`, the best first
        and 0 after the end, and `(B, N)`, the mean logarithm of the
        probability of a sentence's words.

    Example:

    >>> layer = SentenceResponse(vocabulary_size=9, length=4, beams=2)
    >>> read = np.ones((1, 3)), np.ones((1, 3)), np.ones((1, 5, 3))
    >>> sentences, scores = layer(*read, addresses=np.ones((1, 1, 5)))
    >>> sentences.shape, scores.shape
    (TensorShape([1, 2, 4]), TensorShape([1, 2]))
    """

    def __init__(self, vocabulary_size, length, beams=5, reserved=1, **kwargs):
        super().__init__(**kwargs)
        positive_ints(
            vocabulary_size=vocabulary_size, length=length, beams=beams
        )
        if not 1 <= reserved < vocabulary_size:
            raise ValueError(
                "Expected `reserved` to be at least 1 and below "
                f"`vocabulary_size` {vocabulary_size}. Received: {reserved}"
            )
        self.vocabulary_size = vocabulary_size
        self.length = length
        self.beams = beams
        self.reserved = reserved

    def build(
        self,
        output_shape,
        question_shape,
        values_shape,
        addresses_shape,
        words_shape=None,
    ):
        units = output_shape[-1]
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.vocabulary_size, units),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
        )

        def dense(name, inputs, **arguments):
            layer = keras.layers.Dense(
                units, name=name, dtype=self.dtype_policy, **arguments
            )
            layer.build((None, inputs))
            return layer

        self.start = dense(
            "start", units + question_shape[-1], activation="tanh"
        )
        self.key = dense("key", values_shape[-1], use_bias=False)
        self.readout = dense(
            "readout", 2 * units + values_shape[-1], activation="tanh"
        )
        # XLA cannot compile what cuDNN offers.
        self.speaker = keras.layers.GRU(
            units,
            return_sequences=True,
            recurrent_initializer="glorot_uniform",
            use_cudnn=False,
            dtype=self.dtype_policy,
            name="speaker",
        )
        self.speaker.build((None, self.length, units))

    def call(self, output, question, values, addresses, words=None):
        _check(values, addresses)
        start = self.start(ops.concatenate([output, question], axis=-1))
        keys = self.key(values)
        read = ops.sum(ops.cast(addresses, "float32"), axis=1)  # (B, S)

        def logits(states):
            return self._logits(states, output, keys, values, read)

        if words is not None:
            before = ops.pad(words[:, :-1], [(0, 0), (1, 0)])
            embedded = self._embedded(before)
            return logits(self.speaker(embedded, initial_state=start))

        def step(words, states):
            units = states.shape[-1]
            flat = ops.reshape(self._embedded(words), (-1, units))
            state = ops.reshape(states, (-1, units))
            state, _ = self.speaker.cell(flat, [state])
            states = ops.reshape(state, (-1, self.beams, units))
            of_words = ops.cast(logits(states), "float32")
            return ops.log_softmax(of_words), states

        sentences, scores = beam_search(step, start, self.beams, self.length)
        return sentences, ops.cast(scores, self.compute_dtype)

    def _embedded(self, words):
        embeddings = ops.cast(self.embeddings, self.compute_dtype)
        return ops.take(embeddings, words, axis=0)

    def _logits(self, states, output, keys, values, read):
        """Logits `(B, T, V)` of what is said in states `(B, T, d)`."""
        scores = ops.einsum("btd,bsd->bts", states, keys)
        read = ops.expand_dims(read, 1)
        scores = ops.cast(scores, "float32") + ops.log(
            ops.maximum(read, 1e-7)  # below it, a gradient would be too high
        )
        unread = read <= 0  # NaN stays seen
        attention = addressing.softmax(scores, ops.logical_not(unread))
        seen = ops.einsum(
            "bts,bsd->btd", ops.cast(attention, values.dtype), values
        )
        output = ops.expand_dims(output, 1) + ops.zeros_like(states)
        said = self.readout(ops.concatenate([states, seen, output], axis=-1))
        embeddings = ops.cast(self.embeddings, self.compute_dtype)
        of_words = ops.matmul(said, ops.transpose(embeddings))
        word = ops.arange(self.vocabulary_size)
        allowed = ops.logical_or(word == 0, word >= self.reserved)
        return ops.where(allowed, of_words, ops.cast(NEVER, of_words.dtype))

    def labels(self, words):
        """What `call` should say, with -1 where it does not matter.

        So it is after the end, and where a word is unknown.

        Args:
            words: int `(B, T)`.

        Example:

        >>> layer = SentenceResponse(vocabulary_size=9, length=4, reserved=2)
        >>> layer.labels(np.array([[5, 1, 0, 0]])).numpy().tolist()
        [[5, -1, 0, -1]]
        """
        words = ops.convert_to_tensor(words)
        blank = ops.cast(ops.equal(words, 0), "int32")
        said = ops.logical_or(words == 0, words >= self.reserved)
        said = ops.logical_and(said, ops.cumsum(blank, axis=-1) <= 1)
        return ops.where(said, words, -1)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "length": self.length,
            "beams": self.beams,
            "reserved": self.reserved,
        }


def _check(values, addresses):
    expected = len(values.shape), len(addresses.shape)
    if expected != (3, 3) or values.shape[1] != addresses.shape[2]:
        raise ValueError(
            "Expected `values` of shape (batch, slots, units) and `addresses` "
            "of shape (batch, hops, slots). Received shapes: "
            f"{tuple(values.shape)} and {tuple(addresses.shape)}"
        )
