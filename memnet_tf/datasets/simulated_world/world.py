"""The simulated world of Weston et al. 2014, section 5.2.

Characters move between rooms, pick objects up and put them down. Statements
tell what they do, and questions ask where somebody or something is, or was
before it came to the room it is in. Two statements answer each question.
"""

import dataclasses

ACTORS = ("Joe", "Fred", "Mary", "Sandra")
OBJECTS = ("milk", "football", "apple")
ROOMS = ("kitchen", "office", "bathroom", "garden", "bedroom")

_MOVE = (
    "{actor} went to the {room}",
    "{actor} went back to the {room}",
    "{actor} travelled to the {room}",
    "{actor} journeyed to the {room}",
    "{actor} moved to the {room}",
)
_PICK = (
    "{actor} got the {object}",
    "{actor} took the {object}",
    "{actor} grabbed the {object} there",
    "{actor} picked up the {object}",
)
_DROP = (
    "{actor} dropped the {object}",
    "{actor} left the {object} there",
    "{actor} discarded the {object}",
    "{actor} put down the {object}",
)
_WHERE = ("Where is {entity}?", "Where is {entity} now?")
_BEFORE = ("Where was {entity} before the {room}?",)
# Answers by what is asked about; the second where it is asked "now".
_SENTENCES = {
    "actor": (
        "{actor} is in the {answer}",
        "{actor} is now in the {answer}",
    ),
    "actor before": ("{actor} was in the {answer} before the {room}",),
    "object held": (
        "{actor} has the {entity} in the {answer}",
        "{actor} now has the {entity} in the {answer}",
    ),
    "object left": (
        "{actor} left the {entity} in the {answer}",
        "the {entity} is now in the {answer}",
    ),
    "object before": (
        "{actor} took the {entity} from the {answer} to the {room}",
    ),
}


@dataclasses.dataclass(frozen=True)
class Question:
    """A question that two statements answer.

    Attributes:
        kind: such as `"actor"` or `"object before"`.
        entity: whom or what it asks about.
        room: the room of a "before" question, else None.
        answer: a room.
        first: the statement that tells most recently of the entity.
        second: the statement that names the answer; it may be the first.
        actor: who moved, or handled the object last.
        held: whether the actor has the object still.
    """

    kind: str
    entity: str
    room: str | None
    answer: str
    first: int
    second: int
    actor: str
    held: bool = False

    def text(self, rng):
        """The question in words."""
        entity = self.entity if self.entity in ACTORS else f"the {self.entity}"
        forms = _WHERE if self.room is None else _BEFORE
        form = forms[rng.integers(len(forms))]
        return form.format(entity=entity, room=self.room)

    def sentence(self, text):
        """The answer as a whole sentence.

        Args:
            text: the question in words, as `text` gave it.
        """
        kind = self.kind
        if kind == "object":
            kind = "object held" if self.held else "object left"
        form = _SENTENCES[kind][text.endswith(" now?")]
        return form.format(
            actor=self.actor,
            entity=self.entity,
            answer=self.answer,
            room=self.room,
        )


class World:
    """A world that goes on: tells statements, and knows their answers.

    Args:
        rng: a `numpy.random.Generator`.
    """

    def __init__(self, rng):
        self.rng = rng
        self.statements = []
        # Per actor, moves as (statement, room); first rooms are untold (-1).
        self.moves: dict[str, list[tuple[int, str]]] = {
            actor: [(-1, self._any(ROOMS))] for actor in ACTORS
        }
        self.holder: dict[str, str | None] = dict.fromkeys(OBJECTS)
        self.room = {thing: self._any(ROOMS) for thing in OBJECTS}
        # Per object that was told of, the last pick and the last pick or
        # drop as (statement, actor).
        self.picked: dict[str, tuple[int, str]] = {}
        self.handled: dict[str, tuple[int, str]] = {}

    def step(self):
        """Somebody does something; returns the statement."""
        actor = self._any(ACTORS)
        here = self.moves[actor][-1][1]
        held = [o for o in OBJECTS if self.holder[o] == actor]
        free = [
            o
            for o in OBJECTS
            if self.holder[o] is None and self.room[o] == here
        ]
        choices = [self._move] + [self._pick] * bool(free)
        choices += [self._drop] * bool(held)
        statement = self._any(choices)(actor, here, held, free)
        self.statements.append(statement)
        return statement

    def _move(self, actor, here, held, free):
        room = self._any([room for room in ROOMS if room != here])
        self.moves[actor].append((len(self.statements), room))
        for thing in held:
            self.room[thing] = room
        return self._any(_MOVE).format(actor=actor, room=room)

    def _pick(self, actor, here, held, free):
        thing = self._any(free)
        self.holder[thing] = actor
        self.picked[thing] = self.handled[thing] = len(self.statements), actor
        return self._any(_PICK).format(actor=actor, object=thing)

    def _drop(self, actor, here, held, free):
        thing = self._any(held)
        self.holder[thing] = None
        self.handled[thing] = (len(self.statements), actor)
        return self._any(_DROP).format(actor=actor, object=thing)

    def _any(self, choices):
        return choices[self.rng.integers(len(choices))]

    def questions(self, difficulty):
        """Yields the questions whose first support is not too far back.

        Args:
            difficulty: how many statements back it may be at most.
        """
        oldest = len(self.statements) - difficulty
        for entity in (*ACTORS, *OBJECTS):
            about = (
                self._about_actor if entity in ACTORS else self._about_object
            )
            for question in about(entity):
                if question.first >= oldest:
                    yield question

    def _about_actor(self, actor):
        moves = self.moves[actor]
        last = len(moves) - 1
        if last > 0:
            first, room = moves[last]
            yield Question("actor", actor, None, room, first, first, actor)
        if last > 1:
            second, answer = moves[last - 1]
            yield Question(
                "actor before", actor, room, answer, first, second, actor
            )

    def _about_object(self, thing):
        if thing not in self.handled:
            return
        first, actor = self.handled[thing]
        moves = self.moves[actor]
        last = len(moves) - 1
        held = self.holder[thing] is not None
        if not held:  # what it did since is no matter
            while last > 0 and moves[last][0] > first:
                last -= 1
        if last == 0:
            return
        second, room = moves[last]
        yield Question("object", thing, None, room, first, second, actor, held)
        if last > 1 and self.picked[thing][0] < second:
            second, answer = moves[last - 1]  # the actor carried it from there
            yield Question(
                "object before", thing, room, answer, first, second, actor
            )
