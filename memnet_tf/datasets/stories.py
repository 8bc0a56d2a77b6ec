"""Stories with questions, from any builder of them, as text."""

from memnet_tf.datasets import manual


def load(builder, split, manual_dir=None):
    """The examples of a split as `MemoryNetwork.fit` takes them.

    Args:
        builder: a builder of stories, such as `SimulatedWorld`. What it has
            not yet prepared is prepared now.
        split: such as `"train"` or `"test[:100]"`.
        manual_dir: where a builder that downloads nothing, such as `Babi`,
            finds its files.

    Returns:
        `(x, y)`: `x` a dict of `"story"`, a list of lists of sentences,
        `"question"`, a list of strings, and, where the builder has them,
        `"support"`, a list of lists of sentence numbers, and `"dialog"`, a
        list of numbers of dialogs; `y` a list of answers.
    """
    more = [n for n in ("support", "dialog") if n in builder.info.features]
    x = {name: [] for name in ("story", "question", *more)}
    y = []
    for example in manual.examples(builder, split, manual_dir):
        x["story"].append([text.decode() for text in example["story"]])
        x["question"].append(example["question"].decode())
        for name in more:
            x[name].append(example[name].tolist())
        y.append(example["answer"].decode())
    return x, y
