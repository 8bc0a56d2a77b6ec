"""Questions of the builder, as text."""

from typing import NamedTuple

from memnet_tf.datasets import manual


class SimpleQuestion(NamedTuple):
    """A question and the triple that answers it: see `SimpleQuestions`."""

    subject: str
    relation: str
    object: str
    question: str


def load(builder, split, manual_dir=None):
    """The `SimpleQuestion`s of a split, a list.

    Args:
        builder: a `SimpleQuestions`. What it has not yet prepared is
            prepared now.
        split: such as `"test"` or `"train[:100]"`.
        manual_dir: where it finds its files.
    """
    return [
        SimpleQuestion(**{name: text.decode() for name, text in row.items()})
        for row in manual.examples(builder, split, manual_dir)
    ]
