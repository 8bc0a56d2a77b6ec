"""Questions of the builder, as text."""

from typing import NamedTuple

import tensorflow_datasets as tfds


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
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(manual_dir=manual_dir)
    )
    return [
        Question(
            example["question"].decode(),
            example["paraphrase"].decode(),
            example["entity"].decode(),
            tuple(answer.decode() for answer in example["answers"]),
            example["type"].decode(),
        )
        for example in tfds.as_numpy(builder.as_dataset(split=split))
    ]
