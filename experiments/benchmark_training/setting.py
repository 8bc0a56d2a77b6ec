"""What every implementation trains: MemN2N of a size, on random ids."""

from typing import NamedTuple

import numpy as np

HOPS = 3
SLOTS = 50  # S
FIRST_WORD = 2  # ids before it: padding, unknown words
NOISE = 0.1
TABLE_NORM = 40.0  # of the gradient of a hop's embeddings, at most


class Setting(NamedTuple):
    """What differs between sizes.

    Attributes:
        units: `d`.
        sentence_length: `W`.
        words: how many there are.
        addressing: `"softmax"` or `"padded_softmax"`, see `OutputMap`.
        formula: of the position encoding, see `PositionEncoding`.
        learning_rate: of SGD.
    """

    units: int
    sentence_length: int
    words: int
    addressing: str
    formula: str
    learning_rate: float

    @property
    def ids(self):
        """`V`."""
        return FIRST_WORD + self.words

    @property
    def empty_score(self):
        """The score of an empty slot, whose value is 0."""
        return {"softmax": -1e30, "padded_softmax": 0.0}[self.addressing]


# As the paper has it for one bAbI task.
PAPER = Setting(20, 7, 22, "softmax", "paper", 0.01)
# As `experiments.babi` trains it on all tasks: the authors' program.
JOINT = Setting(50, 11, 172, "padded_softmax", "published_code", 0.005)


def generate(setting, count, seed=0):
    """Stories, questions and answers as random ids.

    Stories have 2 to `SLOTS` sentences, sentences 4 to `sentence_length`
    words, questions 3: what they say makes no difference to the speed.
    """
    random = np.random.default_rng(seed)
    length = setting.sentence_length

    def ids(*shape):
        return random.integers(FIRST_WORD, setting.ids, shape, "int32")

    story = ids(count, SLOTS, length)
    words = random.integers(4, length + 1, (count, SLOTS, 1))
    sentences = random.integers(2, SLOTS + 1, (count, 1, 1))
    story[np.broadcast_to(np.arange(length) >= words, story.shape)] = 0
    story *= np.arange(SLOTS)[:, None] < sentences
    question = ids(count, length)
    question[:, 3:] = 0
    return {"story": story, "question": question}, ids(count)


def initial_weights(setting, seed=0):
    """Embeddings of words `(V, (K + 1) d)` and ages `(S + 1, (K + 1) d)`.

    Adjacent tying: hop `k` has the columns `k d` to `(k + 1) d` for its keys
    and the next `d` for its values.
    """
    random = np.random.default_rng(seed)
    columns = (HOPS + 1) * setting.units
    return [
        random.normal(0, 0.1, (rows, columns)).astype("float32")
        for rows in (setting.ids, SLOTS + 1)
    ]


def in_batches(x, answer, batch_size):
    """`(steps, batch_size, ...)` of each array; what is left over is left."""
    steps = len(answer) // batch_size
    return [
        array[: steps * batch_size].reshape(steps, batch_size, *array.shape[1:])
        for array in (x["story"], x["question"], answer)
    ]
