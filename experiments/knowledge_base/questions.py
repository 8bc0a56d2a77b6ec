"""Questions of the knowledge base: those of MetaQA, and generated ones."""

import random
import re
from typing import NamedTuple

import numpy as np

from experiments.knowledge_base import wordings
from experiments.knowledge_base.knowledge import MOVIE

_PERSONS = "actor", "director", "writer"
_WANTED = *_PERSONS, "genre", "year", "language"
# Paths of types from the entity of a question to that of its answer, as
# MetaQA's, by hops.
PATHS: dict[int, list[tuple[str, ...]]] = {
    1: [
        *((MOVIE, to) for to in (*_WANTED, "tags", "imdbrating", "imdbvotes")),
        *((from_, MOVIE) for from_ in (*_PERSONS, "tag")),
    ],
    2: [
        *((from_, MOVIE, to) for from_ in _PERSONS for to in _WANTED),
        *((MOVIE, by, MOVIE) for by in _PERSONS),
    ],
    3: [
        (MOVIE, by, MOVIE, to) for by in _PERSONS for to in _WANTED if by != to
    ],
}

_TRIES = 1000  # draws for each question, at most


class Asked(NamedTuple):
    """A question of an entity.

    Attributes:
        text: the question, its entity as one word.
        topic: the place of the entity; -1 if it is not known.
        answers: the places of the answers that are known, sorted.
        path: types of entities, as in `PATHS`.
    """

    text: str
    topic: int
    answers: np.ndarray
    path: tuple[str, ...]


def read(knowledge, question, paraphrased=False):
    """A question of MetaQA as `Asked`.

    Args:
        knowledge: a `Knowledge`.
        question: a `metaqa.Question`.
        paraphrased: whether it is asked in other words.
    """
    topic = knowledge.place.get(question.entity, -1)
    word = knowledge.words[topic] if topic >= 0 else "someone"
    text = question.paraphrase if paraphrased else question.question
    known = [knowledge.place.get(answer, -1) for answer in question.answers]
    return Asked(
        re.sub(r"\[.*\]", lambda _: word, text),
        topic,
        np.unique([place for place in known if place >= 0]).astype("int32"),
        tuple(question.type.split("_to_")),
    )


def generate(knowledge, hops, count, held_out=(), seed=0):
    """Questions that are generated from the knowledge base.

    Paths are drawn alike, then an entity that a path leads on from. Answers
    are where the path leads.

    Args:
        knowledge: a `Knowledge`.
        hops: 1 to 3.
        count: how many.
        held_out: `(topic, path)` of which nothing is to be asked.
        seed: of what is drawn.

    Returns:
        A list of `Asked`.

    Raises:
        ValueError: hardly any path leads anywhere.
    """
    draw = random.Random(seed)
    held_out = set(held_out)
    begins = {}
    for path in PATHS[hops]:
        first, *_ = knowledge.steps(path)
        topics = np.unique(knowledge.subjects[knowledge.relation_of == first])
        if len(topics):
            begins[path] = topics
    made: list[Asked] = []
    for _ in range(_TRIES * count if begins else 0):
        path = draw.choice(list(begins))
        topic = int(draw.choice(begins[path]))
        answers = knowledge.follow(topic, knowledge.steps(path))
        if len(answers) and (topic, path) not in held_out:
            wording = wordings.write(path, draw)
            text = wording.replace("{x}", knowledge.words[topic])
            made.append(Asked(text, topic, answers, path))
        if len(made) == count:
            return made
    raise ValueError(
        f"Expected a knowledge base with {count} questions of {hops} hops. "
        f"Received one with {len(made)}"
    )
