"""Questions of the builder, as text."""

from typing import NamedTuple

from memnet_tf.datasets import manual


class Question(NamedTuple):
    """A question, with all its answers: see `MetaQa`."""

    question: str
    paraphrase: str
    entity: str
    answers: tuple[str, ...]
    type: str


def load(builder, split, manual_dir=None):
    """The `Question`s of a split, a list.

    Args:
        builder: a `MetaQa`. What it has not yet prepared is
            prepared now.
        split: such as `"test"` or `"validation[:100]"`.
        manual_dir: where it finds its files.
    """
    return [
        Question(
            example["question"].decode(),
            example["paraphrase"].decode(),
            example["entity"].decode(),
            tuple(answer.decode() for answer in example["answers"]),
            example["type"].decode(),
        )
        for example in manual.examples(builder, split, manual_dir)
    ]
