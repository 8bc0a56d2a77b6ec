"""The simulated world with answers in sentences, and simple ways to answer."""

import collections

import tensorflow_datasets as tfds

from memnet_tf import datasets, layers
from memnet_tf.datasets.simulated_world import config_name

SPLITS = "train", "validation", "test"


def load(question_set, difficulty, questions, data_dir):
    """The splits as text: a dict of `(x, y)`, see `datasets.load`.

    Args:
        question_set: see `datasets.SimulatedWorld`.
        difficulty: see `datasets.SimulatedWorld`.
        questions: of the training split, 3000 or 30000.
        data_dir: folder of prepared data.
    """
    tfds.disable_progress_bar()
    builder = datasets.SimulatedWorld(
        config=config_name(question_set, difficulty, questions, sentences=True),
        data_dir=data_dir,
    )
    splits = {}
    for split in SPLITS:
        x, y = datasets.load(builder, split)
        splits[split] = {name: x[name] for name in ("story", "question")}, y
    return splits


def vocabulary(x, y):
    """The words of stories, questions and answers."""
    told = [sentence for story in x["story"] for sentence in story]
    return layers.build_vocabulary([*told, *x["question"], *y])


def most_frequent_sentence(x, y, questions):
    """Answers every question with the most frequent answer of `y`.

    Args:
        x: of the training split.
        y: of the training split.
        questions: a list of strings.

    Returns:
        A list of sentences.

    Example:

    >>> x = {"question": ["Where is Joe?", "Where is Joe?", "Where is Ann?"]}
    >>> y = ["Joe is here", "Joe is here", "Ann is there"]
    >>> most_frequent_sentence(x, y, ["Where is Ann?"])
    ['Joe is here']
    """
    ((sentence, _),) = collections.Counter(y).most_common(1)
    return [sentence] * len(questions)


def most_frequent_of_question(x, y, questions):
    """Answers a question with the answer that it had most often.

    So it has the form that the question asks for, and the most frequent
    place. A question that training does not have gets no words.

    Args:
        x: see `most_frequent_sentence`.
        y: see `most_frequent_sentence`.
        questions: see `most_frequent_sentence`.

    Example:

    >>> x = {"question": ["Where is Joe?", "Where is Joe?", "Where is Ann?"]}
    >>> y = ["Joe is here", "Joe is here", "Ann is there"]
    >>> most_frequent_of_question(x, y, ["Where is Ann?", "Where is Bo?"])
    ['Ann is there', '']
    """
    answers = collections.defaultdict(collections.Counter)
    for question, answer in zip(x["question"], y, strict=True):
        answers[question][answer] += 1
    return [
        answers[question].most_common(1)[0][0] if question in answers else ""
        for question in questions
    ]


BASELINES = {
    "most frequent sentence": most_frequent_sentence,
    "most frequent sentence of the question": most_frequent_of_question,
}
