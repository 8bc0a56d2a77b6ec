"""The files of MetaQA, and what is in them."""

ROOT = "MetaQA"
KNOWLEDGE_BASE = "kb.txt"
HOPS = (1, 2, 3)
SPLITS = ("train", "validation", "test")
_NAMES = {"train": "train", "validation": "dev", "test": "test"}


def names(hops, splits):
    """The names of files of questions, two of each split.

    Example:

    >>> names(2, ["validation"])
    ['2-hop/qa_dev.txt', '2-hop/qa_dev_qtype.txt']
    """
    return [
        f"{hops}-hop/qa_{_NAMES[split]}{kind}.txt"
        for split in splits
        for kind in ("", "_qtype")
    ]


def paraphrase_names(hops):
    """The names of files of paraphrases, which questions of 1 hop have.

    Example:

    >>> paraphrase_names(1)
    ['1-hop/ntm_qa_dev.txt', '1-hop/ntm_qa_test.txt']
    """
    return [_paraphrases(hops, split) for split in SPLITS[1:] if hops == 1]


def _paraphrases(hops, split):
    return f"{hops}-hop/ntm_qa_{_NAMES[split]}.txt"


def parse_triples(text):
    r"""The triples of a knowledge base, a list of lists.

    Args:
        text: the file; a line has subject, relation and object with `|`
            between.

    Raises:
        ValueError: a line is not of this form.

    Example:

    >>> parse_triples("Alien|release_year|1979\n")
    [['Alien', 'release_year', '1979']]
    """
    triples = [line.split("|") for line in text.splitlines()]
    for triple in triples:
        if len(triple) != 3:
            raise ValueError(
                "Expected lines of subject|relation|object. Received: "
                f"{'|'.join(triple)!r}"
            )
    return triples


def parse_questions(texts, hops, split):
    r"""The questions of a split, a list of dicts.

    Args:
        texts: a dict of files by name. A line of a file of questions has the
            question, with its entity in brackets, a tab and the answers with
            `|` between.
        hops: 1 to 3.
        split: one of `SPLITS`.

    Raises:
        ValueError: a line is not of this form, or the files do not have
            equally many lines.

    Example:

    >>> name, types = names(1, ["test"])
    >>> texts = {name: "when was [Alien] made\t1979", types: "movie_to_year"}
    >>> (question,) = parse_questions(texts, 1, "test")
    >>> question["entity"], question["answers"], question["type"]
    ('Alien', ['1979'], 'movie_to_year')
    """
    name, of_types = names(hops, [split])
    lines = texts[name].splitlines()
    types = texts[of_types].splitlines()
    paraphrases = texts.get(_paraphrases(hops, split))
    others = paraphrases.splitlines() if paraphrases else ["\t"] * len(lines)
    if not len(lines) == len(types) == len(others):
        raise ValueError(
            f"Expected as many types and paraphrases as questions in {name}. "
            f"Received: {len(types)}, {len(others)} and {len(lines)}"
        )
    return [
        {
            "question": question,
            "paraphrase": other.partition("\t")[0],
            "entity": question[question.index("[") + 1 : question.rindex("]")],
            "answers": answers,
            "type": type_.strip(),
        }
        for (question, answers), other, type_ in zip(
            map(_parse, lines), others, types, strict=True
        )
    ]


def _parse(line):
    question, _, answers = line.partition("\t")
    if not answers or "[" not in question.partition("]")[0]:
        raise ValueError(
            "Expected a line of a question with its [entity], a tab and "
            f"answers. Received: {line!r}"
        )
    return question, answers.split("|")
