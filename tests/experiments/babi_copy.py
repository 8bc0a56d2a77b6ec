"""A small copy of bAbI, for what reads it."""

from tests.datasets.test_babi import write

STORIES = (
    "1 Ann went to the attic.\n2 Bob went to the shed.\n"
    "3 Where is Ann?\tattic\t1\n4 Ann went to the shed.\n"
    "5 Where is Ann?\tshed\t4\n",
    "1 Bob went to the attic.\n2 Ann got a cup, a hat.\n"
    "3 Where is Bob?\tattic\t1\n4 What has Ann?\tcup,hat\t2\n",
)


def write_copy(folder):
    """Writes two small tasks into a folder; returns it."""
    for task, text in enumerate(STORIES, 1):
        names = (
            f"en-valid/qa{task}_{s}.txt" for s in ("train", "valid", "test")
        )
        write(folder, *names, text=text * 20)
    return folder
