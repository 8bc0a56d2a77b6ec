"""Words that say how a triple near the entity of a question was reached."""

import numpy as np

MARKED = "steps", "paths"


class Marks:
    """Marks of triples, numbered as they are met.

    With `"steps"`, a mark says how many steps a triple is from the entity;
    with `"paths"`, also by which relations each of the steps before may have
    been made: a film that another has its director and its writer from was
    reached by both.

    Args:
        marked: `"steps"` or `"paths"`.
        relations: the words of relations.

    Attributes:
        words: the words of all marks met so far.

    Example:

    >>> from experiments.knowledge_base.knowledge import Knowledge
    >>> knowledge = Knowledge([("Alien", "directed_by", "Ridley Scott")])
    >>> near = knowledge.near(topic=1, hops=2, memories=9, frequent=9)
    >>> marks = Marks("paths", knowledge.relations)
    >>> marks.of(near).tolist(), marks.words
    ([0], ['step-1'])
    """

    def __init__(self, marked, relations):
        if marked not in MARKED:
            raise ValueError(
                f"Expected `marked` to be one of {MARKED}. Received: {marked!r}"
            )
        self.marked = marked
        self.relations = relations
        self.words: list[str] = []
        self._numbers: dict[tuple[int, ...], int] = {}

    def of(self, near):
        """The numbers of the marks of triples `(S,)`, from 0.

        Args:
            near: a `knowledge.Near`.
        """
        marks = near.ways
        if self.marked == "steps":
            marks = np.minimum(marks, 1)
        met, which = np.unique(marks, axis=0, return_inverse=True)
        numbers = [self._number(tuple(way)) for way in met.tolist()]
        return np.array(numbers, "int16")[which.reshape(-1)]

    def _number(self, way):
        if way not in self._numbers:
            self._numbers[way] = len(self.words)
            self.words.append(self._word(way))
        return self._numbers[way]

    def _word(self, way):
        """Such as "step-3-directed-by-or-written-by-then-directed-by-of"."""
        made = [relations for relations in way if relations]
        word = f"step-{len(made) + 1}"
        if self.marked == "steps" or not made:
            return word
        said = [
            "-or-".join(
                name
                for bit, name in enumerate(self.relations)
                if relations >> bit & 1
            )
            for relations in made
        ]
        return "-".join([word, "-then-".join(said)])
