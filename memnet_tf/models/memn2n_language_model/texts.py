"""Texts that a language model reads, scores and goes on with.

`B` is the batch, `T` the words of the longest text, `S` the memories, `K` the
hops, `V` the vocabulary.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from memnet_tf import text
from memnet_tf.checks import positive_ints
from memnet_tf.signatures import ANSWERS, Signature

_RUNS, _PLACES = 8, 32  # runs read at once, and places of each
_CHUNK = _RUNS * _PLACES
TEXT = tf.TensorSpec([None], tf.string, "text")


class Score(NamedTuple):
    """How likely a text is.

    Attributes:
        words: its words, as the network knows them.
        log_probabilities: `(T,)`, the natural logarithm of the probability
            of each word after those before it.
        perplexity: the exponential of the mean of their negatives; 1 where
            there are no words.
    """

    words: tuple[str, ...]
    log_probabilities: np.ndarray
    perplexity: float


def compiled(function):
    """A function of arrays, compiled by XLA for every shape it is given."""
    return tf.function(function, jit_compile=True)


def ids(network, texts):
    """The ids of texts, a list of int32 `(T,)`."""
    texts = text.as_questions(texts, "texts")
    words = tf.strings.split(tf.constant(texts, tf.string))
    found = network.word_ids.lookup(words.flat_values)
    found = tf.cast(found, tf.int32).numpy()
    return np.split(found, words.row_splits.numpy()[1:-1])


def encode(network, texts):
    """What was before every word, ids `(N, S)`, and the words, `(N,)`."""
    of_texts = ids(network, texts)
    size = network.memory_size
    windows = [_windows(words, size)[:-1] for words in of_texts]
    return np.concatenate(windows), np.concatenate(of_texts)


def _windows(words, size):
    """What is before every place `(T + 1, S)` of ids `(T,)`, as a view."""
    padded = np.concatenate([np.zeros(size, "int32"), words])
    return np.lib.stride_tricks.sliding_window_view(padded, size)


def score(network, texts):
    """The `Score`s of a list of texts."""
    known = network.all_words()
    scores = []
    for words in ids(network, texts):
        found = _log_probabilities(network, words)
        scores.append(
            Score(
                words=tuple(known[word] for word in words),
                log_probabilities=found,
                perplexity=float(np.exp(-found.mean())) if len(found) else 1.0,
            )
        )
    return scores


def _log_probabilities(network, words):
    """Logarithms `(T,)` of the probability of every word of a text."""
    rest = _CHUNK - len(words) % _CHUNK  # one shape only is compiled
    padded = np.pad(words, (network.memory_size, rest))
    length = network.memory_size + _PLACES - 1
    runs = np.lib.stride_tricks.sliding_window_view(padded, length)[::_PLACES]
    after = np.pad(words, (0, rest)).reshape(-1, _PLACES)
    found = [
        network.score_runs(runs[row : row + _RUNS], after[row : row + _RUNS])
        for row in range(0, len(after), _RUNS)
    ]
    return np.reshape(found, -1)[: len(words)]


def generate(network, prompt, words, temperature, seed):
    """See `MemN2NLanguageModel.generate`."""
    positive_ints(words=words)
    if temperature < 0:
        raise ValueError(
            f"Expected `temperature` of at least 0. Received: {temperature}"
        )
    (said,) = ids(network, [prompt])
    random = np.random.default_rng(seed)
    for _ in range(words):
        window = _windows(said, network.memory_size)[-1:]
        logits = network.next_words(window).numpy()[0, 0]
        # The highest after Gumbel noise: drawn from softmax(logits / t).
        logits = logits + temperature * random.gumbel(size=len(logits))
        said = np.append(said, np.int32(logits.argmax()))
    known = network.all_words()
    return " ".join(known[word] for word in said[-words:])


def signatures_of(network):
    """The signatures of a language model.

    - `serving_default`: `text`, strings `(B,)`, to `words`, strings
      `(B, T)`, padded with ""; `log_probability` `(B, T)`, 0 at padding; and
      `perplexity` `(B,)`: see `Score`.
    - `next_word`: `text` to `answer` `(B,)` and its probability `score`
      `(B,)`; `answers` and `scores` `(B, 5)`, the likeliest first, "" where
      there are fewer; `attention` `(B, K, S)`, the weight that each hop
      gave the last words, the newest last.

    Returns:
        A dict of `Signature`s by name.

    Example:

    >>> from memnet_tf.models import MemN2NLanguageModel
    >>> network = MemN2NLanguageModel(["the", "cat"], 5, units=4, hops=2)
    >>> score = signatures_of(network)["serving_default"].function
    >>> score(tf.constant(["the cat", ""]))["words"].numpy().tolist()
    [[b'the', b'cat'], [b'', b'']]
    """

    @tf.function(input_signature=[TEXT])
    def score_text(text):
        return _score(network, text)

    @tf.function(input_signature=[TEXT])
    def next_word(text):
        return _next_word(network, text)

    return {
        "serving_default": Signature(score_text, [TEXT]),
        "next_word": Signature(next_word, [TEXT]),
    }


def _ids(word_ids, text):
    """The ids `(B, T)` of texts `(B,)`, padded with 0 at the end."""
    words = tf.strings.split(text).to_tensor("")
    return tf.cast(word_ids.lookup(words), tf.int32)


def _score(network, text):
    ids = _ids(network.word_ids, text)
    batch, count = tf.unstack(tf.shape(ids))
    runs = -(-count // _PLACES)  # of each text
    padded = tf.pad(
        ids, [[0, 0], [network.memory_size, runs * _PLACES - count]]
    )
    length = network.memory_size + _PLACES - 1
    place = tf.range(runs)[:, None] * _PLACES + tf.range(length)
    found = _by_chunks(
        network.log_probabilities,
        tf.reshape(tf.gather(padded, place, axis=1), [-1, length]),
        tf.reshape(padded[:, network.memory_size :], [-1, _PLACES]),
    )
    found = tf.reshape(found, [batch, runs * _PLACES])[:, :count]
    found = tf.where(ids != 0, found, 0.0)
    words = tf.reduce_sum(tf.cast(ids != 0, tf.float32), axis=1)
    mean = tf.math.divide_no_nan(tf.reduce_sum(found, axis=1), words)
    return {
        "words": tf.gather(tf.constant(network.all_words()), ids),
        "log_probability": found,
        "perplexity": tf.exp(-mean),
    }


def _by_chunks(function, runs, after):
    """`function` of runs `(N, T)` and words `(N, P)`, some at a time.

    A long text takes time, but not the memory of all its logits.
    """
    count = tf.shape(after)[0]
    chunk = tf.clip_by_value(count, 1, _RUNS)
    chunks = tf.maximum(-(-count // chunk), 1)  # `map_fn` takes no 0
    rest = chunks * chunk - count
    runs = tf.pad(runs, [[0, rest], [0, 0]])
    after = tf.pad(after, [[0, rest], [0, 0]])
    found = tf.map_fn(
        lambda part: function(*part),
        (
            tf.reshape(runs, [chunks, chunk, runs.shape[1]]),
            tf.reshape(after, [chunks, chunk, _PLACES]),
        ),
        fn_output_signature=tf.TensorSpec([None, _PLACES], tf.float32),
    )
    return tf.reshape(found, [-1, _PLACES])[:count]


def _next_word(network, text):
    outputs = network(last_ids(network.word_ids, text, network.memory_size))
    shares = tf.nn.softmax(tf.cast(outputs["answer"][:, 0], tf.float32))
    return {
        **likeliest(network.all_words(), shares),
        "attention": tf.cast(outputs["addresses"][:, 0], tf.float32),
    }


def last_ids(word_ids, text, size):
    """The last words of texts, ids `(B, size)`; shorter texts begin with 0.

    Args:
        word_ids: a `layers.WordIds`.
        text: strings `(B,)`.
        size: how many.
    """
    ids = _ids(word_ids, text)
    length = tf.reduce_sum(tf.cast(ids != 0, tf.int32), axis=1, keepdims=True)
    place = length + tf.range(-size, 0)
    ids = tf.pad(ids, [[0, 0], [0, 1]])  # a text of none is a text, too
    last = tf.gather(ids, tf.maximum(place, 0), batch_dims=1)
    return tf.where(place < 0, 0, last)


def likeliest(all_words, shares):
    """The outputs `answer`, `score`, `answers` and `scores`.

    Args:
        all_words: the word of every id, a list of `V`.
        shares: `(B, V)`, their probabilities.
    """
    shares = tf.pad(shares, [[0, 0], [0, ANSWERS]])
    scores, best = tf.math.top_k(shares, ANSWERS)
    known = tf.constant([*all_words, *[""] * ANSWERS])
    answers = tf.where(scores > 0, tf.gather(known, best), "")
    return {
        "answer": answers[:, 0],
        "score": scores[:, 0],
        "answers": answers,
        "scores": scores,
    }
