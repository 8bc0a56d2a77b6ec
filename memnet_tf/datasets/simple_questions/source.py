"""The files of SimpleQuestions, and what is in them."""

ROOT = "SimpleQuestions"
CONFIGS = ("freebase", "wikidata", "wikidata_answerable")
FIELDS = ("subject", "relation", "object", "question")
_SPLITS = {"train": "train", "validation": "valid", "test": "test"}
_FREEBASE = "www.freebase.com/"


def files(config):
    """The names of files by split.

    Example:

    >>> files("wikidata")["test"]
    'annotated_wd_data_test.txt'
    """
    freebase = config == "freebase"
    start = "SimpleQuestions_v2/annotated_fb" if freebase else "annotated_wd"
    end = "_answerable" if config == "wikidata_answerable" else ""
    return {
        split: f"{start}_data_{name}{end}.txt"
        for split, name in _SPLITS.items()
    }


def missing_in_some(config):
    """The names of files that not every copy has."""
    return [files(config)["train"]] if config == "freebase" else []


def parse(text):
    r"""The questions of a file, a list of dicts.

    Args:
        text: the file; a line has subject, relation, object and question with
            tabs between.

    Raises:
        ValueError: a line is not of this form.

    Example:

    >>> (question,) = parse("Q1\tP19\tQ2\twhere was he born \n")
    >>> question["object"], question["question"]
    ('Q2', 'where was he born')
    """
    questions = []
    for line in text.split("\n"):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) != len(FIELDS) or not all(fields):
            raise ValueError(
                "Expected a line of subject, relation, object and question, "
                f"with tabs between. Received: {line!r}"
            )
        fields = [field.removeprefix(_FREEBASE) for field in fields]
        questions.append(dict(zip(FIELDS, fields, strict=True)))
    return questions
