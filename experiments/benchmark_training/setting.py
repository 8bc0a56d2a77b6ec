"""What every implementation trains: MemN2N at its paper's size."""

import numpy as np

HOPS = 3
UNITS = 20  # d
SLOTS = 50  # S
SENTENCE_LENGTH = 7  # W
WORDS = [f"word{number}" for number in range(22)]
FIRST_WORD = 2  # ids before it: padding, unknown words
IDS = FIRST_WORD + len(WORDS)  # V
NOISE = 0.1
LEARNING_RATE = 0.01
CLIP_NORM = 40.0


def generate(count, seed=0):
    """Stories, questions and answers as random ids.

    Stories have 2 to `SLOTS` sentences, sentences 4 to `SENTENCE_LENGTH`
    words, questions 3: what they say makes no difference to the speed.
    """
    random = np.random.default_rng(seed)

    def ids(*shape):
        return random.integers(FIRST_WORD, IDS, shape, "int32")

    story = ids(count, SLOTS, SENTENCE_LENGTH)
    words = random.integers(4, SENTENCE_LENGTH + 1, (count, SLOTS, 1))
    sentences = random.integers(2, SLOTS + 1, (count, 1, 1))
    story[np.broadcast_to(np.arange(SENTENCE_LENGTH) >= words, story.shape)] = 0
    story *= np.arange(SLOTS)[:, None] < sentences
    question = ids(count, SENTENCE_LENGTH)
    question[:, 3:] = 0
    return {"story": story, "question": question}, ids(count)


def initial_weights(seed=0):
    """Embeddings of words `(V, (K + 1) d)` and ages `(S + 1, (K + 1) d)`.

    Adjacent tying: hop `k` has the columns `k d` to `(k + 1) d` for its keys
    and the next `d` for its values.
    """
    random = np.random.default_rng(seed)
    return [
        random.normal(0, 0.1, (rows, (HOPS + 1) * UNITS)).astype("float32")
        for rows in (IDS, SLOTS + 1)
    ]


def in_batches(x, answer, batch_size):
    """`(steps, batch_size, ...)` of each array; what is left over is left."""
    steps = len(answer) // batch_size
    return [
        array[: steps * batch_size].reshape(steps, batch_size, *array.shape[1:])
        for array in (x["story"], x["question"], answer)
    ]
