"""The files of bAbI, in a folder or in the archive that they come in."""

import pathlib
import tarfile

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
    """The texts of files.

    Args:
        manual_dir: a folder that holds the folder `tasks_1-20_v1-2`, or an
            archive of it whose name holds that name and `.tar`.
        names: paths from there, see `file_name`.

    Returns:
        A dict of texts by name.

    Raises:
        FileNotFoundError: there is neither, or a file is not in it.
    """
    root = pathlib.Path(manual_dir) / ROOT
    archives = sorted(pathlib.Path(manual_dir).glob(f"*{ROOT}*.tar*"))
    if root.is_dir():
        texts = {
            name: (root / name).read_text()
            for name in names
            if (root / name).is_file()
        }
    elif archives:
        root = archives[0]
        texts = _read_archive(root, names)
    else:
        raise FileNotFoundError(
            f"Expected the folder {ROOT} of bAbI, or an archive of it such as "
            f"babi_{ROOT}_en.tar.xz, in `manual_dir`. Received: {manual_dir}, "
            "which has neither"
        )
    for name in names:
        if name not in texts:
            raise FileNotFoundError(
                f"Expected the file {name} of bAbI in {root}. Received: a copy "
                "without it"
            )
    return texts


def _read_archive(path, names):
    wanted = {f"{ROOT}/{name}": name for name in names}
    texts = {}
    with tarfile.open(path) as archive:
        for member in archive:
            name = wanted.get(member.name.removeprefix("./"))
            file = archive.extractfile(member) if name else None
            if file is not None:
                texts[name] = file.read().decode()
    return texts
