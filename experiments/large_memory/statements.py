"""Generated statements (subject, relation, object), and questions on them.

An entity has a name of two words; a relation is told by one of three words.
A question names the subject or the object and the relation of a statement,
in other words than the statement's: another word of the relation, and for
each word of a name, in three of ten, its alias, which no statement uses.
"""

import dataclasses

import numpy as np

RELATIONS = 500
WORDS_OF_RELATION = 3
ALIASED = 0.3
STATEMENT_LENGTH = 5  # two words, one, two
QUESTION_LENGTH = 3  # two words, one


@dataclasses.dataclass(frozen=True)
class World:
    """How many words and entities there are, and who is called what.

    Word ids are 0 for padding, then the words of relations, then words of
    names, then their aliases in the same order.

    Attributes:
        names: number of words that names are made of.
        entities: words `(entities, 2)` of every name.
    """

    names: int
    entities: np.ndarray

    @classmethod
    def generate(cls, statements, random):
        """A world for a number of statements.

        A word of a name is in about 560 statements and a name in 14,
        however many statements there are.
        """
        names = max(50, statements // 140)
        first = 1 + RELATIONS * WORDS_OF_RELATION
        entities = random.integers(
            first, first + names, (max(100, statements // 7), 2), "int32"
        )
        return cls(names, entities)

    @property
    def words(self):
        """Number of word ids."""
        return 1 + RELATIONS * WORDS_OF_RELATION + 2 * self.names

    def statements(self, count, random):
        """Statements as entity, relation and entity, int32 `(count, 3)`."""
        return np.stack(
            [
                random.integers(0, len(self.entities), count, "int32"),
                random.integers(0, RELATIONS, count, "int32"),
                random.integers(0, len(self.entities), count, "int32"),
            ],
            axis=1,
        )

    def tell(self, facts, random):
        """Word ids `(N, 5)` of facts `(N, 3)`."""
        told = np.empty((len(facts), STATEMENT_LENGTH), "int32")
        told[:, :2] = self.entities[facts[:, 0]]
        told[:, 2] = _relation(facts[:, 1], random)
        told[:, 3:] = self.entities[facts[:, 2]]
        return told

    def ask(self, facts, random):
        """Questions about the other entity of facts.

        Returns:
            Word ids `(N, 3)`, and which column of the fact, 0 or 2, holds
            the entity that is named `(N,)`.
        """
        named = 2 * random.integers(0, 2, len(facts))
        entity = facts[np.arange(len(facts)), named]
        asked = np.empty((len(facts), QUESTION_LENGTH), "int32")
        words = self.entities[entity]
        alias = random.random(words.shape) < ALIASED
        asked[:, :2] = np.where(alias, words + self.names, words)
        asked[:, 2] = _relation(facts[:, 1], random)
        return asked, named


def _relation(relation, random):
    form = random.integers(0, WORDS_OF_RELATION, len(relation))
    return 1 + relation * WORDS_OF_RELATION + form


def answers(facts, found, asked_facts, named):
    """Whether each found statement answers its question `(N,)`.

    It does where it has the relation and the named entity of the fact that
    was asked about, in the same place.

    Args:
        facts: all facts `(M, 3)`.
        found: the row of the statement found for each question `(N,)`; -1
            where none was.
        asked_facts: the fact of each question `(N, 3)`.
        named: as `ask` returns it.
    """
    row = np.arange(len(found))
    candidate = facts[found]
    same = candidate[:, 1] == asked_facts[:, 1]
    same &= candidate[row, named] == asked_facts[row, named]
    return same & (found >= 0)
