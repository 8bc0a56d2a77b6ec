"""Hits at one: of a network, and of what knows next to nothing."""

import collections

import numpy as np
import tensorflow as tf

_AT_ONCE = 128  # questions


def predictor(network):
    """A function of ids `x` that returns the slots of the answers `(N,)`.

    It is compiled once, for batches of one size, however often the network is
    trained again.
    """

    @tf.function(jit_compile=True)
    def predict(x):
        answer = network(x, training=False)["answer"]
        return tf.argmax(answer, axis=-1, output_type=tf.int32)

    def predict_all(x):
        count = len(x["question"])
        rows = np.arange(_AT_ONCE) % count
        batch = {name: ids[rows] for name, ids in x.items()}
        return predict(batch).numpy()[:count]

    return predict_all


def hits(predict, memories, word_ids, questions):
    """Whether each question is answered rightly, and whether it can be.

    Args:
        predict: see `predictor`.
        memories: a `data.Memories`.
        word_ids: the `layers.WordIds` of the network.
        questions: a list of `questions.Asked`.

    Returns:
        Two arrays of bool `(N,)`: hits, and whether an answer is among the
        memories that a question is handed.
    """
    found, can_be = [], []
    for start in range(0, len(questions), _AT_ONCE):
        part = questions[start : start + _AT_ONCE]
        x, y = memories.encode(word_ids, part)
        right = y["answer"]
        found.append(right[np.arange(len(part)), predict(x)])
        can_be.append(right.any(axis=1))
    return np.concatenate(found), np.concatenate(can_be)


def of_random_memories(memories, questions, seed=0):
    """Hits of a memory drawn from those of each question, bool `(N,)`."""
    random = np.random.default_rng(seed)
    places, _ = memories.find(questions)
    counts = np.sum(places >= 0, axis=1)
    drawn = random.integers(np.maximum(counts, 1))
    right = memories.right(questions, places)
    return right[np.arange(len(questions)), drawn]


def of_most_frequent(training, questions):
    """Hits of the answer that training questions have most, bool `(N,)`."""
    counts = collections.Counter(
        int(answer) for question in training for answer in question.answers
    )
    ((best, _),) = counts.most_common(1)
    return np.array([best in question.answers for question in questions])
