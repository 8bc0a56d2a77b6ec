"""The files of bAbI, in a folder or in the archive that they come in."""

from memnet_tf.datasets import manual

# The name that the distributor's files give to each task, 1 to 20.
TASKS = (
    "single-supporting-fact",
    "two-supporting-facts",
    "three-supporting-facts",
    "two-arg-relations",
    "three-arg-relations",
    "yes-no-questions",
    "counting",
    "lists-sets",
    "simple-negation",
    "indefinite-knowledge",
    "basic-coreference",
    "conjunction",
    "compound-coreference",
    "time-reasoning",
    "basic-deduction",
    "basic-induction",
    "positional-reasoning",
    "size-reasoning",
    "path-finding",
    "agents-motivations",
)
FOLDERS = ("en", "en-10k", "en-valid", "en-valid-10k")
ROOT = "tasks_1-20_v1-2"


def file_name(folder, task, split):
    """The path of a file of bAbI, from its root folder.

    Args:
        folder: one of `FOLDERS`.
        task: 1 to 20.
        split: `"train"`, `"test"`, or `"valid"`, which two folders have.

    Example:

    >>> file_name("en", 1, "train")
    'en/qa1_single-supporting-fact_train.txt'
    >>> file_name("en-valid", 1, "valid")
    'en-valid/qa1_valid.txt'
    """
    name = "" if folder.startswith("en-valid") else f"{TASKS[task - 1]}_"
    return f"{folder}/qa{task}_{name}{split}.txt"


def read(manual_dir, names):
    """The texts of files, a dict by name.

    Args:
        manual_dir: see `manual.read`.
        names: paths from bAbI's root folder, see `file_name`.

    Raises:
        FileNotFoundError: there is no copy, or a file is not in it.
    """
    return manual.read(manual_dir, ROOT, names)
