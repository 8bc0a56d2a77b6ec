"""The Penn Treebank as one text a split."""

import collections

import tensorflow_datasets as tfds

from memnet_tf import datasets
from memnet_tf.datasets import ptb

END = "<eos>"
UNKNOWN = "<unk>"


def load(split, data_dir=None, manual_dir=None):
    """A split as one text, whose sentences end with `<eos>`.

    Args:
        split: `"train"`, `"validation"`, `"test"`, or a part of one such as
            `"test[:100]"`.
        data_dir: folder of prepared data.
        manual_dir: folder of the Penn Treebank's folder or archive.
    """
    tfds.disable_progress_bar()
    builder = datasets.Ptb(data_dir=data_dir)
    sentences = ptb.load(builder, split, manual_dir)
    return " ".join(f"{sentence} {END}" for sentence in sentences)


def vocabulary(text):
    """The words of a text without `<unk>`, the most frequent first.

    Example:

    >>> vocabulary("the <unk> on the mat <eos>")
    ['the', '<eos>', 'mat', 'on']
    """
    counts = collections.Counter(text.split())
    del counts[UNKNOWN]
    return sorted(counts, key=lambda word: (-counts[word], word))
