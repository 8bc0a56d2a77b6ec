"""Text in, text out, of a memory that all questions share."""

from typing import NamedTuple

import numpy as np

from memnet_tf import text
from memnet_tf.layers.response.memory_response import MemoryResponse

_CHUNK = 256  # questions answered in one call


class SharedAnswer(NamedTuple):
    """What a network says, and what it read of its memory to say so.

    Attributes:
        text: the answer.
        score: its share of the softmax over all answers.
        addresses: `(hops, k)`, the weight that each hop gave to what it
            read.
        slots: int32 `(hops, k)`, which statements those are, by their place
            among those remembered; -1 where there were fewer.
        support: for each hop a tuple of the texts of `slots`.
    """

    text: str
    score: float
    addresses: np.ndarray
    slots: np.ndarray
    support: tuple[tuple[str, ...], ...]


def encode(network, x, y=None):
    """A question and answer of every example, as ids.

    Args:
        network: a `SharedMemoryNetwork`.
        x: dict of `"question"`, a list of strings.
        y: list of answers, or None.

    Returns:
        `(x, y)` for `fit` on ids: questions `(N, W)`, and `y` a dict of
        `"answer"`: ids of words, places of candidates, or slots.

    Raises:
        ValueError: something is not of these kinds, there are not as many
            answers as questions, or one cannot be answered.
    """
    questions = text.as_questions(x["question"])
    ids = {"question": network.word_ids(questions).numpy()}
    if y is None:
        return ids, None
    answers = text.as_questions(y, "y")
    if len(answers) != len(questions):
        raise ValueError(
            "Expected as many answers `y` as `questions`. Received: "
            f"{len(answers)} and {len(questions)}"
        )
    if isinstance(network.response, MemoryResponse):
        labels = _places(answers, network.texts.as_list())
    elif network.candidates:
        labels = _places(answers, network.candidates)
    else:
        labels = network.word_ids.word_id(answers).numpy()
    return ids, {"answer": labels}


def answer(network, questions):
    """`SharedAnswer`s of a network to a list of questions."""
    questions = text.as_questions(questions)
    answers = []
    for start in range(0, len(questions), _CHUNK):
        answers += _answer(network, questions[start : start + _CHUNK])
    return answers


def _answer(network, questions):
    outputs = network.answer_text(questions)
    outputs = {name: value.numpy() for name, value in outputs.items()}
    return [
        SharedAnswer(
            text=outputs["answer"][row].decode(),
            score=float(outputs["score"][row]),
            addresses=outputs["attention"][row],
            slots=outputs["ids"][row],
            support=tuple(
                tuple(statement.decode() for statement in hop)
                for hop in outputs["support"][row]
            ),
        )
        for row in range(len(questions))
    ]


def _places(answers, texts):
    """Each answer's place among the texts, the first where it is twice."""
    place_of = {known: -place for place, known in enumerate(reversed(texts), 1)}
    places = [place_of.get(answer) for answer in answers]
    if None in places:
        unknown = answers[places.index(None)]
        raise ValueError(
            "Expected every answer `y` to be one of the "
            f"{len(texts)} texts that can be answered. Received: {unknown!r}"
        )
    return np.array(places, "int32") + len(texts)
