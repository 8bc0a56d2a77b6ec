"""The files of dialog bAbI, in a folder or in an archive of it."""

from memnet_tf.datasets import manual

# The name that the distributor's files give to each task, 1 to 6.
TASKS = (
    "API-calls",
    "API-refine",
    "options",
    "phone-address",
    "full-dialogs",
    "dstc2",
)
ROOT = "dialog-bAbI-tasks"
_SPLITS = {
    "train": "trn",
    "validation": "dev",
    "test": "tst",
    "test_oov": "tst-OOV",
}


def splits(task):
    """The splits of a task; the last has no test of unseen entities.

    Example:

    >>> splits(6)
    ['train', 'validation', 'test']
    """
    return [split for split in _SPLITS if task < 6 or split != "test_oov"]


def file_name(task, split):
    """The name of a file of dialogs.

    Args:
        task: 1 to 6.
        split: one of `splits(task)`.

    Example:

    >>> file_name(1, "test_oov")
    'dialog-babi-task1-API-calls-tst-OOV.txt'
    """
    return f"dialog-babi-task{task}-{TASKS[task - 1]}-{_SPLITS[split]}.txt"


def candidates_name(task):
    """The name of the file of what the bot can say in a task."""
    return f"dialog-babi-{'task6-dstc2-' if task == 6 else ''}candidates.txt"


def knowledge_base_name(task):
    """The name of the file of the knowledge base of a task."""
    return f"dialog-babi-{'task6-dstc2-kb' if task == 6 else 'kb-all'}.txt"


def read(manual_dir, names):
    """The texts of files, as `manual.read` returns them."""
    return manual.read(manual_dir, ROOT, names)
