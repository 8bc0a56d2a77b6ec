"""Dialog bAbI: its files, and what is read from them."""

import os
import tarfile

import pytest

from memnet_tf import datasets
from memnet_tf.datasets import dialog_babi
from memnet_tf.datasets.dialog_babi import dialogs, source

needs_data = pytest.mark.skipif(
    "MEMNET_TF_DATA_DIR" not in os.environ,
    reason="needs the archive in the folder that MEMNET_TF_DATA_DIR names",
)
TEXT = (
    "1 hi\thello\n"
    "2 a table in rome\tapi_call rome\n"
    "3 the_inn R_phone the_inn_phone\n"
    "4 <SILENCE>\twhat about the_inn\n"
    "\n"
    "1 good morning\thello\n"
)
CANDIDATES = (
    "1 hello\n1 api_call rome\n1 api_call paris\n1 what about the_inn\n"
)
KNOWLEDGE = (
    "1 the_inn R_phone\tthe_inn_phone\n"
    "1 the_inn R_location\trome\n"
    "1 the_bar R_location\tparis\n"
)


def write(folder, task=1, text=TEXT, unseen=None):
    """A copy of a task that has the same dialogs in every split."""
    root = folder / source.ROOT
    root.mkdir(parents=True, exist_ok=True)
    for split in source.splits(task):
        other = unseen if split == "test_oov" and unseen else text
        (root / source.file_name(task, split)).write_text(other)
    (root / source.candidates_name(task)).write_text(CANDIDATES)
    (root / source.knowledge_base_name(task)).write_text(KNOWLEDGE)
    return folder


def test_a_turn_has_what_was_said_before_and_by_whom():
    first, second, third, other = dialogs.parse(TEXT)
    assert first.story == ()
    assert (first.question, first.answer) == ("user: hi", "hello")
    assert second.story == ("user: hi", "bot: hello")
    assert third.story == (
        *second.story,
        "user: a table in rome",
        "bot: api_call rome",
        "the_inn R_phone the_inn_phone",
    )
    assert third.question == "user: <SILENCE>"
    assert other.story == ()
    turns = [(t.dialog, t.turn) for t in (first, second, third, other)]
    assert turns == [(0, 0), (0, 1), (0, 2), (1, 0)]


@pytest.mark.parametrize(
    "text", ["2 hi\thello", "hi\thello", "1 hi\thello\tyou"]
)
def test_a_file_of_other_things_is_refused(text):
    with pytest.raises(ValueError, match="Expected a number.*Received"):
        dialogs.parse(text)


def build(task, tmp_path):
    return datasets.DialogBabi(
        config=dialog_babi.config_name(task),
        data_dir=str(tmp_path / "prepared"),
    )


def test_builder_reads_a_task_with_its_candidates_and_entities(tmp_path):
    copy = write(tmp_path / "copy", unseen=TEXT.replace("rome", "paris"))
    builder = build(1, tmp_path)
    x, y = datasets.load(builder, "test_oov", str(copy))
    assert set(builder.info.splits) == set(source.splits(1))
    assert y == ["hello", "api_call paris", "what about the_inn", "hello"]
    assert x["dialog"] == [0, 0, 0, 1]
    assert x["story"][1] == ["user: hi", "bot: hello"]
    again = build(1, tmp_path)  # as it was prepared
    for found in (builder, again):
        assert found.info.metadata["candidates"] == [
            "hello",
            "api_call rome",
            "api_call paris",
            "what about the_inn",
        ]
        assert found.info.metadata["entities"] == {
            "location": ["paris", "rome"],
            "phone": ["the_inn_phone"],
        }


def test_task_6_has_files_of_its_own_and_no_unseen_entities(tmp_path):
    copy = write(tmp_path / "copy", task=6)
    builder = build(6, tmp_path)
    _, y = datasets.load(builder, "validation", str(copy))
    assert len(y) == 4
    assert "test_oov" not in builder.info.splits


def test_an_archive_is_read_as_its_folder(tmp_path):
    write(tmp_path / "copy")
    with tarfile.open(tmp_path / f"{source.ROOT}.tar.xz", "w:xz") as archive:
        archive.add(tmp_path / "copy" / source.ROOT, source.ROOT)
    _, y = datasets.load(build(1, tmp_path), "train", str(tmp_path))
    assert y[0] == "hello"


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"{source.ROOT}.*{tmp_path}"):
        datasets.load(build(1, tmp_path), "train", str(tmp_path))
    copy = write(tmp_path / "copy")
    with pytest.raises(FileNotFoundError, match="task2-API-refine-trn"):
        datasets.load(build(2, tmp_path), "train", str(copy))


@needs_data
def test_the_real_files_have_the_papers_numbers():
    names = {
        (task, split): source.file_name(task, split)
        for task in range(1, 7)
        for split in source.splits(task)
    }
    folder = os.environ["MEMNET_TF_DATA_DIR"]
    texts = source.read(folder, list(names.values()))
    others = {
        task: source.read(
            folder,
            [source.candidates_name(task), source.knowledge_base_name(task)],
        ).values()
        for task in (1, 6)
    }
    counts = {1: 4212, 6: 2407}
    dialogs_of_6 = {"train": 1618, "validation": 500, "test": 1117}
    for task, (candidates, knowledge) in others.items():
        possible = dialogs.parse_candidates(candidates)
        assert len(possible) == counts[task]
        entities = dialogs.parse_entities(knowledge)
        assert len(entities) == (7 if task == 1 else 6)
        calls = [text.split() for text in possible if "api_call" in text]
        cuisines = {call[1] for call in calls} - {"R_cuisine"}
        assert len(cuisines) == (10 if task == 1 else 70)
        known = cuisines & set(entities["cuisine"])
        assert len(known) == (10 if task == 1 else 24)
        for (other, split), name in names.items():
            if (other == 6) != (task == 6):
                continue
            turns = dialogs.parse(texts[name])
            expected = dialogs_of_6[split] if task == 6 else 1000
            assert turns[-1].dialog + 1 == expected
            assert {turn.answer for turn in turns} <= set(possible)
