"""A knowledge base as arrays: its triples, and those near an entity."""

import itertools
import re
from typing import NamedTuple

import numpy as np

# The relation of a film that a type of its entities stands for.
RELATIONS = {
    "director": "directed_by",
    "actor": "starred_actors",
    "writer": "written_by",
    "genre": "has_genre",
    "year": "release_year",
    "language": "in_language",
    "tag": "has_tags",
    "tags": "has_tags",
    "imdbrating": "has_imdb_rating",
    "imdbvotes": "has_imdb_votes",
}
MOVIE = "movie"


class Near(NamedTuple):
    """Triples near an entity.

    Attributes:
        places: int32 `(S,)`, which triples.
        ways: int64 `(S, hops)`, by which relations each was reached: of every
            step before its own, a bit for each relation that led on.
    """

    places: np.ndarray
    ways: np.ndarray

    @property
    def steps(self):
        """How many steps from the entity each triple leads, from 1."""
        return 1 + np.count_nonzero(self.ways, axis=1)


class Knowledge:
    """The triples of a knowledge base, each in both directions.

    Args:
        triples: a list of `(subject, relation, object)`.

    Attributes:
        entities: their names, in alphabetical order.
        place: the place of each name among them, a dict.
        words: each entity as one word, in which `layers.WordIds` changes
            nothing; no two are the same.
        relations: their words; those of the second half lead back.
        subjects: int32 `(T,)`, places of entities, in ascending order.
        relation_of: int32 `(T,)`, places of relations.
        objects: int32 `(T,)`, places of entities.
        first: `(entities + 1,)`, where the triples of each entity begin.

    Example:

    >>> knowledge = Knowledge([("Alien", "directed_by", "Ridley Scott")])
    >>> knowledge.words, knowledge.relations[0], knowledge.relations[9]
    (['alien', 'ridley-scott'], 'directed-by', 'directed-by-of')
    >>> knowledge.subjects.tolist(), knowledge.objects.tolist()
    ([0, 1], [1, 0])
    >>> steps = knowledge.steps(("director", "movie"))
    >>> knowledge.follow(1, steps).tolist()
    [0]
    """

    def __init__(self, triples):
        names = {name for s, _, o in triples for name in (s, o)}
        self.entities = sorted(names)
        self.place = {name: n for n, name in enumerate(self.entities)}
        self.words = _as_words(self.entities)
        self._names = sorted(
            {*RELATIONS.values(), *(relation for _, relation, _ in triples)}
        )
        forward = [name.replace("_", "-") for name in self._names]
        self.relations = [*forward, *(f"{name}-of" for name in forward)]
        number = {name: n for n, name in enumerate(self._names)}
        rows = np.array(
            [(self.place[s], number[r], self.place[o]) for s, r, o in triples],
            "int32",
        ).reshape(-1, 3)
        back = rows[:, ::-1] + np.array([0, len(number), 0], "int32")
        rows = np.unique(np.concatenate([rows, back]), axis=0)
        self.subjects, self.relation_of, self.objects = rows.T.copy()
        self.first = np.searchsorted(
            self.subjects, np.arange(len(self.entities) + 1)
        )

    def steps(self, path):
        """The relations of a path of types, places among `relations`.

        Args:
            path: types of entities, films and others in turn, such as
                `("actor", "movie", "year")`.
        """
        found = []
        for from_, to in itertools.pairwise(path):
            back = to == MOVIE
            name = self._names.index(RELATIONS[from_ if back else to])
            found.append(name + back * len(self._names))
        return found

    def follow(self, topic, relations):
        """Where relations lead from an entity, not going through it again.

        Args:
            topic: the place of the entity.
            relations: places of relations, in order.

        Returns:
            A sorted array of the places of entities.
        """
        reached = np.array([topic], "int32")
        for relation in relations:
            triples = self.of(reached)
            triples = triples[self.relation_of[triples] == relation]
            reached = np.unique(self.objects[triples])
            reached = reached[reached != topic]
        return reached

    def of(self, entities):
        """The places of the triples whose subject is one of some entities."""
        starts, counts = self.first[entities], self.degrees(entities)
        places = np.arange(counts.sum()) - np.repeat(
            np.cumsum(counts) - counts, counts
        )
        return places + np.repeat(starts, counts)

    def degrees(self, entities):
        """How many triples each entity is the subject of."""
        return self.first[np.asarray(entities) + 1] - self.first[entities]

    def near(self, topic, hops, memories, frequent):
        """The triples near an entity, the nearest first: key hashing.

        The first step has the triples of the entity, the next those of the
        entities that were reached, but not of frequent ones, as words that
        are too frequent are no key in Miller et al. 2016. Triples that lead
        back to the entity are left out. Of a step for which there is no
        room, triples are drawn.

        Args:
            topic: the place of the entity; -1 if it is not known.
            hops: steps.
            memories: triples at most.
            frequent: triples of an entity that is too frequent, at least.
        """
        places = np.zeros(0, "int64")
        ways = np.zeros((0, hops), "int64")
        reached = np.array([topic] if topic >= 0 else [], "int32")
        known = reached
        led = np.zeros((len(reached), hops), "int64")  # to what was reached
        for step in range(hops):
            here = self.of(reached)
            here = here[self.objects[here] != topic]
            way = led[np.searchsorted(reached, self.subjects[here])]
            room = memories - len(places)
            kept = np.arange(len(here))
            if len(here) > room:
                random = np.random.default_rng((topic, step + 1))
                kept = np.sort(random.choice(len(here), room, replace=False))
            places = np.append(places, here[kept])
            ways = np.append(ways, way[kept], axis=0)
            if step + 1 == hops:
                break
            way[:, step] |= np.left_shift(1, self.relation_of[here])
            reached, led = self._reached(here, way, known)
            known = np.union1d(known, reached)
            rare = self.degrees(reached) < frequent
            reached, led = reached[rare], led[rare]
        return Near(places.astype("int32"), ways)

    def _reached(self, triples, ways, known):
        """The objects of triples that are not known, and all ways to each."""
        objects = self.objects[triples]
        reached = np.setdiff1d(objects, known)
        new = np.isin(objects, reached)
        led = np.zeros((len(reached), ways.shape[1]), "int64")
        place = np.searchsorted(reached, objects[new])
        np.bitwise_or.at(led, place, ways[new])
        return reached, led


def _as_words(names):
    """Names as different words: lower case, "-" for all but letters."""
    words, found = [], set()
    for name in names:
        word = re.sub(r"[\W_]+", "-", name.lower()).strip("-") or "entity"
        word, number, plain = word, 1, word
        while word in found:
            number += 1
            word = f"{plain}-{number}"
        found.add(word)
        words.append(word)
    return words
