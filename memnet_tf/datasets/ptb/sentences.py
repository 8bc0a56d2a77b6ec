"""Sentences of a builder, as text."""

import tensorflow_datasets as tfds


def load(builder, split, manual_dir=None):
    """The sentences of a split, a list of strings.

    Args:
        builder: a builder of texts, such as `Ptb`. What it has not yet
            prepared is prepared now.
        split: such as `"train"` or `"test[:100]"`.
        manual_dir: where it finds its files.
    """
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(manual_dir=manual_dir)
    )
    examples = tfds.as_numpy(builder.as_dataset(split=split))
    return [example["text"].decode() for example in examples]
