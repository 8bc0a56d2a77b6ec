"""The format of dialog bAbI's files: dialogs, candidates, knowledge."""

import dataclasses

USER, BOT = "user: ", "bot: "  # before what they say


@dataclasses.dataclass(frozen=True)
class Turn:
    """What the bot is to say, and what was said before it.

    Attributes:
        story: what the user and the bot said before, in order, each after
            `"user: "` or `"bot: "`, and what the knowledge base returned,
            as sentences of their own.
        question: what the user says, after `"user: "`. It is
            `"user: <SILENCE>"` where the bot speaks twice in a row.
        answer: what the bot is to say.
        dialog: number of the dialog in its file, from 0.
        turn: number of the turn in its dialog, from 0.
    """

    story: tuple[str, ...]
    question: str
    answer: str
    dialog: int
    turn: int


def parse(text):
    r"""The turns of a file, in order.

    Args:
        text: the file; line 1 begins a dialog, and a line has what the user
            and the bot say, with a tab between, or what the knowledge base
            returned.

    Returns:
        A list of `Turn`s.

    Raises:
        ValueError: a line is none of these.

    Example:

    >>> first, second = parse(
    ...     "1 hi\thello\n2 rome R_price low\n3 bye\tgood bye"
    ... )
    >>> second.story
    ('user: hi', 'bot: hello', 'rome R_price low')
    >>> second.question, second.answer, second.dialog, second.turn
    ('user: bye', 'good bye', 0, 1)
    """
    turns: list[Turn] = []
    said: list[str] = []
    dialog, turn = -1, 0
    for line in text.splitlines():
        if not line.strip():
            continue
        number, _, rest = line.partition(" ")
        fields = [field.strip() for field in rest.split("\t")]
        if number == "1":
            said, dialog, turn = [], dialog + 1, 0
        if not number.isdigit() or len(fields) > 2 or dialog < 0:
            raise ValueError(
                "Expected a number, then what the user and the bot say with a "
                "tab between, or what the knowledge base returned. Received: "
                f"{line!r}"
            )
        if len(fields) == 1:
            said.append(fields[0])
            continue
        question, answer = USER + fields[0], fields[1]
        turns.append(Turn(tuple(said), question, answer, dialog, turn))
        said += [question, BOT + answer]
        turn += 1
    return turns


def parse_candidates(text):
    r"""What the bot can say, a list of different texts.

    Example:

    >>> parse_candidates("1 hello\n1  you are welcome\n")
    ['hello', 'you are welcome']
    """
    lines = [line.partition(" ")[2].strip() for line in text.splitlines()]
    return list(dict.fromkeys(filter(None, lines)))


def parse_entities(text):
    r"""The entities of a knowledge base by their type.

    Returns:
        A dict of sorted lists of words.

    Example:

    >>> parse_entities("1 prezzo R_price\tcheap\n1 anatolia R_price moderate")
    {'price': ['cheap', 'moderate']}
    """
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if line.strip():
            _, _, relation, value = line.split(maxsplit=3)
            found.setdefault(relation.removeprefix("R_"), set()).add(value)
    return {name: sorted(found[name]) for name in sorted(found)}
