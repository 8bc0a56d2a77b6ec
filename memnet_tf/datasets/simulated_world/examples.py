"""Stories, questions and answers told from a simulated world."""

import dataclasses

import numpy as np

from memnet_tf.datasets.simulated_world.world import World

# The question sets of Weston et al. 2014, table 3, by name.
KINDS = {
    "actor without before": ("actor",),
    "actor": ("actor", "actor before"),
    "actor and object": ("actor", "actor before", "object", "object before"),
}


@dataclasses.dataclass(frozen=True)
class Example:
    """A question about the last statements of a world.

    Attributes:
        story: the statements, the newest last.
        question: the question.
        answer: one word, or a whole sentence.
        support: for each of two hops, the statement of the story (counted
            from 0) that it needs; twice the same where one is enough.
        kind: what the question is about, a kind of `KINDS`.
    """

    story: tuple[str, ...]
    question: str
    answer: str
    support: tuple[int, int]
    kind: str


def tell(
    question_set,
    difficulty,
    statements=7000,
    questions=3000,
    story_length=30,
    seed=0,
    sentences=False,
):
    """Tells a world of statements and asks questions on the way.

    Questions are spread evenly over the kinds of the set, and each is asked
    once at its place. As a story cannot be told whole, it is the last
    `story_length` statements; questions that need older ones are not asked.

    Args:
        question_set: one of `KINDS`.
        difficulty: how many statements back the first support may be.
        statements: statements told.
        questions: questions asked.
        story_length: statements of a story at most.
        seed: another seed tells another world.
        sentences: whether answers are whole sentences, such as "Joe left
            the milk in the office", whose words depend on the question and
            on both statements that answer it.

    Returns:
        `questions` examples in order of time.
    """
    if question_set not in KINDS:
        raise ValueError(
            f"Expected `question_set` to be one of {tuple(KINDS)}. "
            f"Received: {question_set!r}"
        )
    if difficulty < 1:
        raise ValueError(
            f"Expected `difficulty` to be at least 1. Received: {difficulty}"
        )
    rng = np.random.default_rng(seed)
    world = World(rng)
    places = {kind: [] for kind in KINDS[question_set]}
    for told in range(1, statements + 1):
        world.step()
        for question in world.questions(difficulty):
            needed = min(question.first, question.second)
            if question.kind in places and needed >= told - story_length:
                places[question.kind].append((told, question))
    chosen = _choose(places, questions, rng)
    return [
        _example(world.statements, story_length, told, question, rng, sentences)
        for told, question in sorted(chosen, key=lambda place: place[0])
    ]


def _choose(places, questions, rng):
    """Places to ask at, as even over the kinds as they allow."""
    chosen = []
    left = questions
    by_number = sorted(places, key=lambda kind: len(places[kind]))
    for done, kind in enumerate(by_number):  # the scarcest kind first
        share = -(-left // (len(by_number) - done))
        rows = rng.permutation(len(places[kind]))[:share]
        chosen += [places[kind][row] for row in rows]
        left -= len(rows)
    if left:
        raise ValueError(
            f"Expected enough `statements` for {questions} questions. "
            f"Received: a world that allows {len(chosen)}"
        )
    return chosen


def _example(statements, story_length, told, question, rng, sentences):
    first = max(told - story_length, 0)
    text = question.text(rng)
    return Example(
        story=tuple(statements[first:told]),
        question=text,
        answer=question.sentence(text) if sentences else question.answer,
        support=(question.first - first, question.second - first),
        kind=question.kind,
    )
