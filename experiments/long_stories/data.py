"""Stories in which every sentence tells of somebody else."""

import numpy as np

KINDS = 48  # of adjectives, of nouns
ROOMS = 10
VOCABULARY = [
    "the",
    "went",
    "to",
    "where",
    "is",
    *(f"adjective{number}" for number in range(KINDS)),
    *(f"noun{number}" for number in range(KINDS)),
    *(f"room{number}" for number in range(ROOMS)),
]
SENTENCE_LENGTH = 7
THE, WENT, TO, WHERE, IS, ADJECTIVE = range(2, 8)  # ids
NOUN = ADJECTIVE + KINDS
ROOM = NOUN + KINDS


def generate(count, sentences, random):
    """Stories, questions and answers as ids."""
    people = random.permuted(np.tile(np.arange(KINDS**2), (count, 1)), axis=1)[
        :, :sentences
    ]
    adjective, noun = ADJECTIVE + people // KINDS, NOUN + people % KINDS
    room = random.integers(ROOM, ROOM + ROOMS, people.shape)
    story = _sentences(THE, adjective, noun, WENT, TO, THE, room)
    asked = np.arange(count), random.integers(0, sentences, count)
    question = _sentences(WHERE, IS, THE, adjective[asked], noun[asked], 0, 0)
    return (
        {"story": story, "question": question},
        {"answer": room[asked].astype("int32")},
    )


def _sentences(*words):
    words = np.broadcast_arrays(*words)
    return np.stack(words, axis=-1).astype("int32")
