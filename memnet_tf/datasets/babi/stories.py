"""The format of bAbI's files: numbered lines, questions among them."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Example:
    """A question and what was told before it.

    Attributes:
        story: the sentences before the question, in order.
        question: the question.
        answer: a word, or several with commas between them.
        support: the sentences (places in the story, counted from 0) that
            the answer needs, in the order in which the file names them.
        task: 1 to 20.
        simulated: whether it was made here, and not by bAbI's authors.
    """

    story: tuple[str, ...]
    question: str
    answer: str
    support: tuple[int, ...]
    task: int
    simulated: bool = False


def parse(text, task):
    r"""The examples of a file, as a list of stories.

    Args:
        text: the file; line 1 begins a story, and a question's line has its
            answer and the lines of its support after tabs.
        task: 1 to 20.

    Returns:
        A list of lists of `Example`s: those of one story ask about more and
        more of it.

    Raises:
        ValueError: a line is none of these.

    Example:

    >>> [[example]] = parse("1 Ann left.\n2 Where is Ann?\tout\t1", 1)
    >>> example.story, example.answer, example.support
    (('Ann left.',), 'out', (0,))
    """
    stories: list[list[Example]] = []
    for line in text.splitlines():
        number, _, rest = line.strip().partition(" ")
        if number == "1":
            stories.append([])
            told: dict[str, int] = {}  # the place of each sentence's line
            sentences: list[str] = []
        fields = [field.strip() for field in rest.split("\t")]
        try:
            if len(fields) == 1:
                told[number] = len(sentences)
                sentences.append(fields[0])
                continue
            question, answer, support = fields
            places = tuple(told[line] for line in support.split())
            stories[-1].append(
                Example(tuple(sentences), question, answer, places, task)
            )
        except (KeyError, NameError, ValueError) as error:
            raise ValueError(
                "Expected a sentence, or a question with its answer and the "
                f"lines before it that support it. Received: {line!r}"
            ) from error
    return stories
