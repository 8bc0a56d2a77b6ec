"""Stories like those of task 3, "three supporting facts", told here.

The 10,000 training questions of this task are not in every copy of bAbI.
Four people move between six rooms, pick up three things and put them down;
a question asks where a thing was before a room. Three sentences answer it:
the one that tells of the thing last, the move to the room, and the carrier's
move before that.
"""

import numpy as np

from memnet_tf.datasets.babi.stories import Example

TASK = 3
QUESTIONS = 5  # of a story
PEOPLE = ("Daniel", "John", "Mary", "Sandra")
THINGS = ("apple", "football", "milk")
ROOMS = ("bathroom", "bedroom", "garden", "hallway", "kitchen", "office")
_MOVE = ("moved", "went", "went back", "journeyed", "travelled")
_PICK = ("picked up", "got", "took", "grabbed")
_DROP = ("dropped", "left", "put down", "discarded")

# How often bAbI asks about a thing that was carried to two rooms or more:
# counted in the training questions that are there, when it was put down and,
# by the number of moves, while it is held.
_DROPPED = 0.57
_HELD = {2: 0.2, 3: 0.05}


def tell(stories, seed=0):
    """Stories of five questions each, as `stories.parse` gives them.

    Args:
        stories: number of stories.
        seed: another seed tells others.

    Returns:
        A list of lists of `Example`s, marked as simulated.
    """
    rng = np.random.default_rng(seed)
    return [_story(rng) for _ in range(stories)]


def _story(rng):
    world = _World(rng)
    examples: list[Example] = []
    while len(examples) < QUESTIONS:
        world.step()
        world.step()
        question = world.ask()
        if question is not None:
            examples.append(question)
    return examples


class _World:
    def __init__(self, rng):
        self.rng = rng
        self.sentences = []
        self.things = {thing: self._any(ROOMS) for thing in THINGS}
        self.holder: dict[str, str | None] = dict.fromkeys(THINGS)
        self.room = {person: self._any(ROOMS) for person in PEOPLE}
        # Per thing that was told of: the sentence that tells of it last, and
        # its carrier's moves since the last pick as (sentence, room).
        self.told: dict[str, int] = {}
        self.carried: dict[str, list[tuple[int, str]]] = {}

    def step(self):
        """Somebody does one of the things that he or she can do."""
        person = self._any(PEOPLE)
        free = [
            thing
            for thing in THINGS
            if self.holder[thing] is None
            and self.things[thing] == self.room[person]
        ]
        held = [thing for thing in THINGS if self.holder[thing] == person]
        # A move is drawn among all rooms, and one to the same room is not
        # made: it is that much rarer.
        chances = np.array([5 / 6, bool(free), bool(held)])
        choice = self.rng.choice(3, p=chances / chances.sum())
        if choice == 0:
            self._move(person, held)
        else:
            self._handle(person, self._any(free if choice == 1 else held))

    def _move(self, person, held):
        room = self._any([r for r in ROOMS if r != self.room[person]])
        self.room[person] = room
        for thing in held:
            self.things[thing] = room
            self.carried[thing].append((len(self.sentences), room))
        self.sentences.append(f"{person} {self._any(_MOVE)} to the {room}.")

    def _handle(self, person, thing):
        self.told[thing] = len(self.sentences)
        if self.holder[thing] is None:
            self.holder[thing] = person
            self.carried[thing] = []
            verb = self._any(_PICK)
        else:
            self.holder[thing] = None
            verb = self._any(_DROP)
        there = " there" if self.rng.random() < 0.2 else ""
        self.sentences.append(f"{person} {verb} the {thing}{there}.")

    def ask(self):
        """A question about some thing, or None."""
        for thing in self.rng.permutation(THINGS):
            moves = self.carried.get(thing, [])
            held = self.holder[thing] is not None
            chance = _HELD.get(len(moves), 0) if held else _DROPPED
            if len(moves) > 1 and self.rng.random() < chance:
                return self._question(thing, moves, held)
        return None

    def _question(self, thing, moves, held):
        # Of a room that was entered twice, the question means the last time.
        places = [
            place
            for place in range(1, len(moves))
            if moves[place][1] not in [room for _, room in moves[place + 1 :]]
        ]
        place = places[-1] if held else self._any(places)
        (before, answer), (entered, room) = moves[place - 1], moves[place]
        return Example(
            tuple(self.sentences),
            f"Where was the {thing} before the {room}?",
            answer,
            (self.told[thing], entered, before),
            TASK,
            simulated=True,
        )

    def _any(self, choices):
        return choices[self.rng.integers(len(choices))]
