"""Sentences of a builder, as text."""

from memnet_tf.datasets import manual


def load(builder, split, manual_dir=None):
    """The sentences of a split, a list of strings.

    Args:
        builder: a builder of texts, such as `Ptb`. What it has not yet
            prepared is prepared now.
        split: such as `"train"` or `"test[:100]"`.
        manual_dir: where it finds its files.
    """
    examples = manual.examples(builder, split, manual_dir)
    return [example["text"].decode() for example in examples]
