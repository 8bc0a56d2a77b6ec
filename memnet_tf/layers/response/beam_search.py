"""R: the likeliest sentences, found word by word."""

from keras import ops

from memnet_tf.layers.rows import gather

NEVER = -3e4  # the logarithm of a probability: what cannot be said


def beam_search(step, state, beams, length):
    """Sentences found by keeping the `N` likeliest beginnings at every word.

    Word 0 ends a sentence. One that ended stays as it is, and stays as long
    as it is among the `N` likeliest. At last they are put in the order of
    the mean logarithm of the probability of their words, so that a long one
    is not the worse for its length.

    `B` is the batch, `V` the number of words. With one beam it is the greedy
    search, with at least as many as there are beginnings it finds the best.

    Args:
        step: function of the words said last, int32 `(B, N)`, at first 0,
            and of the state `(B, N, d)` that returns logarithms of
            probabilities `(B, N, V)`, and the next state.
        state: `(B, d)`, the first.
        beams: `N`.
        length: `L`, words of a sentence at most.

    Returns:
        Words, int32 `(B, N, L)`, the best sentence first and 0 after its
        end; and scores, float32 `(B, N)`: the mean logarithms, the end
        counted as a word, and `NEVER` where fewer sentences can be said.

    Example: word 1 is likelier than the end, which is sure after it.

    >>> def step(words, state):
    ...     return np.log([[0.4, 0.6], [1.0, 1e-9]])[words], state
    >>> words, scores = beam_search(step, np.zeros((1, 2)), beams=2, length=3)
    >>> words.numpy().tolist(), [f"{p:.2f}" for p in np.exp(scores)[0]]
    ([[[1, 0, 0], [0, 0, 0]]], ['0.77', '0.40'])
    """
    last = ops.zeros_like(state[:, :1], dtype="int32")
    last = last + ops.zeros((beams,), "int32")  # (B, N)
    first = ops.arange(beams) == 0  # the beginnings are all the same yet
    begun = (
        ops.convert_to_tensor(0, "int32"),
        ops.expand_dims(last, -1) + ops.zeros((length,), "int32"),
        ops.repeat(ops.expand_dims(state, 1), beams, axis=1),
        ops.cast(last, "float32") + ops.where(first, 0.0, NEVER),
        ops.cast(last, "bool"),
        last,
    )

    def say(place, words, state, total, ended, count):
        last = ops.max(ops.where(_at(place - 1, length), words, 0), axis=-1)
        shares, state = step(last, state)
        shares = ops.cast(shares, "float32")
        choices = shares.shape[-1]
        # A sentence that ended goes on with nothing, for nothing.
        after = ops.where(ops.arange(choices) == 0, 0.0, NEVER)
        shares = ops.where(ops.expand_dims(ended, -1), after, shares)
        shares = shares + ops.expand_dims(total, -1)
        shares = ops.reshape(shares, (-1, beams * choices))
        total, best = ops.top_k(shares, beams)
        best = ops.cast(best, "int32")
        begun, word = best // choices, best % choices
        ended, count = gather(ended, begun), gather(count, begun)
        words = ops.where(
            _at(place, length),
            ops.expand_dims(word, -1),
            gather(words, begun),
        )
        count = count + ops.cast(ops.logical_not(ended), "int32")
        ended = ops.logical_or(ended, word == 0)
        return place + 1, words, gather(state, begun), total, ended, count

    _, words, _, total, _, count = ops.while_loop(
        lambda place, *_: place < length, say, begun
    )
    scores = total / ops.cast(count, "float32")
    scores = ops.where(total < NEVER / 2, NEVER, scores)
    scores, order = ops.top_k(scores, beams)
    return gather(words, ops.cast(order, "int32")), scores


def _at(place, length):
    return ops.arange(length, dtype="int32") == place
