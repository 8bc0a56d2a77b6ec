"""Questions of the builder, as text."""

from typing import NamedTuple

import tensorflow_datasets as tfds


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
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(manual_dir=manual_dir)
    )
    return [
        SimpleQuestion(**{name: text.decode() for name, text in row.items()})
        for row in tfds.as_numpy(builder.as_dataset(split=split))
    ]
