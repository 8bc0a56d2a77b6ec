"""bAbI: its files, what is read from them, and what is told for task 3."""

import collections
import os
import tarfile

import pytest

from memnet_tf import datasets
from memnet_tf.datasets import babi
from memnet_tf.datasets.babi import source, stories, three_facts

needs_data = pytest.mark.skipif(
    "MEMNET_TF_DATA_DIR" not in os.environ,
    reason="needs bAbI's archive in the folder that MEMNET_TF_DATA_DIR names",
)
TEXT = (
    "1 Ann went to the attic.\n"
    "2 Bob left.\n"
    "3 Where is Ann? \tattic\t1\n"
    "4 Ann got the lamp and the key.\n"
    "5 What has Ann?\tlamp,key\t4 1\n"
    "1 Bob went to the cellar.\n"
    "2 Where is Bob?\tcellar\t1\n"
)


def write(folder, *names, text=TEXT):
    """A copy of bAbI that has some of the files."""
    for name in names:
        path = folder / source.ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_support_is_the_place_of_a_sentence_among_those_before_the_question():
    (first, second), (third,) = stories.parse(TEXT, 7)
    assert first.story == ("Ann went to the attic.", "Bob left.")
    assert (first.question, first.answer) == ("Where is Ann?", "attic")
    assert first.support == (0,)
    assert second.story[2] == "Ann got the lamp and the key."
    assert second.answer == "lamp,key"
    assert second.support == (2, 0)  # in the file's order
    assert third.story == ("Bob went to the cellar.",)
    assert {e.task for e in (first, second, third)} == {7}


@pytest.mark.parametrize(
    "text",
    [
        "2 Bob left.",
        "1 Bob left.\n2 Where is Bob?\tout\t5",
        "1 Bob left.\n2 Where is Bob?\tout",
    ],
)
def test_a_file_that_is_not_bAbIs_is_refused(text):
    with pytest.raises(ValueError, match="Expected a sentence.*Received"):
        stories.parse(text, 1)


def test_folder_and_archive_are_read_alike(tmp_path):
    names = [babi.source.file_name("en", task, "test") for task in (1, 10)]
    write(tmp_path / "folder", *names)
    (tmp_path / "packed").mkdir()
    with tarfile.open(
        tmp_path / "packed" / f"babi_{source.ROOT}_en.tar.xz", "w:xz"
    ) as archive:
        archive.add(tmp_path / "folder" / source.ROOT, source.ROOT)
    found = source.read(tmp_path / "folder", names)
    assert found == dict.fromkeys(names, TEXT)
    assert source.read(tmp_path / "packed", names) == found


def test_what_is_missing_is_named(tmp_path):
    name = "en/qa1_single-supporting-fact_train.txt"
    with pytest.raises(FileNotFoundError, match=f"{source.ROOT}.*{tmp_path}"):
        source.read(tmp_path, [name])
    write(tmp_path, "en/qa2_two-supporting-facts_train.txt")
    with pytest.raises(FileNotFoundError, match=f"file {name}.*{tmp_path}"):
        source.read(tmp_path, [name])


def build(config, tmp_path):
    return datasets.Babi(config=config, data_dir=str(tmp_path / "prepared"))


def test_builder_reads_a_task_from_manual_dir(tmp_path):
    write(
        tmp_path / "copy",
        *(f"en-valid/qa4_{split}.txt" for split in ("train", "valid", "test")),
    )
    builder = build(babi.config_name("en-valid", 4), tmp_path)
    x, y = datasets.load(builder, "validation", str(tmp_path / "copy"))
    assert set(builder.info.splits) == {"train", "validation", "test"}
    assert y == ["attic", "lamp,key", "cellar"]
    assert x["support"] == [[0], [2, 0], [0]]
    assert x["story"][2] == ["Bob went to the cellar."]


def test_joint_is_every_task_in_order(tmp_path):
    for task in range(1, 21):
        write(
            tmp_path / "copy",
            *(
                source.file_name("en", task, split)
                for split in ("train", "test")
            ),
            text=f"1 Ann went to room {task}.\n2 Where is Ann?\tattic\t1\n",
        )
    builder = build(babi.config_name("en"), tmp_path)
    x, _ = datasets.load(builder, "train", str(tmp_path / "copy"))
    assert x["story"] == [[f"Ann went to room {n}."] for n in range(1, 21)]


def test_simulated_stories_fill_up_task_3_and_are_marked(tmp_path, monkeypatch):
    monkeypatch.setattr(babi.babi, "_STORIES", 20)
    copy = tmp_path / "copy"
    real = three_facts.tell(2, seed=8)
    texts = [written(story) for story in real]
    write(copy, source.file_name("en", 3, "train"), text="".join(texts))
    write(copy, "en-valid-10k/qa3_valid.txt", text=texts[1])
    write(copy, "en-valid-10k/qa3_test.txt", text=texts[0])
    write(copy, source.file_name("en-10k", 3, "test"), text=texts[0])
    for folder, total in (("en-10k", 20), ("en-valid-10k", 19)):
        with pytest.raises(FileNotFoundError, match="qa3_.*train"):
            datasets.load(
                build(babi.config_name(folder, 3), tmp_path), "test", str(copy)
            )
        builder = build(babi.config_name(folder, 3, True), tmp_path)
        builder.download_and_prepare(download_config=download_config(copy))
        assert "simulated" in builder.info.description
        marks = [
            bool(example["simulated"])
            for example in builder.as_dataset(split="train").as_numpy_iterator()
        ]
        assert len(marks) == 5 * total
        # A story of validation is not trained on, and none is there twice.
        kept = 10 if folder == "en-10k" else 5
        assert marks.count(False) == kept
        assert not any(marks[:kept])
        x, _ = datasets.load(builder, "train[:5]", str(copy))
        assert x["story"][0] == list(real[0][0].story)


def download_config(manual_dir):
    import tensorflow_datasets as tfds

    return tfds.download.DownloadConfig(manual_dir=str(manual_dir))


def written(story):
    """A story in the format of bAbI's files."""
    lines, numbers = [], []
    for example in story:
        for sentence in example.story[len(numbers) :]:
            numbers.append(len(lines) + 1)
            lines.append(sentence)
        support = " ".join(str(numbers[place]) for place in example.support)
        lines.append(f"{example.question}\t{example.answer}\t{support}")
    return "".join(f"{n} {line}\n" for n, line in enumerate(lines, 1))


def test_simulated_answers_are_what_a_tracker_finds():
    for example in (e for story in three_facts.tell(20, 5) for e in story):
        assert stories.parse(written([example]), 3)[0][0].support == (
            example.support
        )
        words = example.question.rstrip("?").split()
        thing, room = words[3], words[-1]
        people, path, carrier = {}, [], None
        for sentence in example.story:
            person, *_, last = sentence.rstrip(".").split()
            if " to the " in sentence:
                people[person] = last
                if person == carrier:
                    path.append(last)
            elif thing in sentence:
                carrier = person if carrier is None else None
                path = path if carrier is None else []
        entered = max(n for n, r in enumerate(path) if r == room)
        assert path[entered - 1] == example.answer
        told, move, before = (example.story[n] for n in example.support)
        assert thing in told
        assert move.endswith(f"to the {room}.")
        assert before.endswith(f"to the {example.answer}.")
        assert move.split()[0] == before.split()[0] == told.split()[0]


def test_simulated_stories_of_another_seed_are_others():
    one, same, other = (three_facts.tell(2, seed) for seed in (1, 1, 2))
    assert one == same != other
    assert all(len(story) == three_facts.QUESTIONS for story in one)


@needs_data
def test_the_real_files_have_the_papers_numbers(tmp_path):
    folder = os.environ["MEMNET_TF_DATA_DIR"]
    names = [
        source.file_name(folder, task, split)
        for folder in ("en", "en-valid")
        for task in range(1, 21)
        for split in ("train", "test")
    ]
    counts = collections.Counter()
    for name, text in source.read(folder, names).items():
        told = stories.parse(text, 1)
        counts[name.split("/")[0], name[-9:]] += sum(map(len, told))
    assert counts["en", "train.txt"] == counts["en", "_test.txt"] == 20_000
    assert counts["en-valid", "train.txt"] == 18_000 + 4 + 5 + 4
    assert counts["en-valid", "_test.txt"] == 20_000


@needs_data
def test_a_real_task_is_built(tmp_path):
    builder = build(babi.config_name("en-valid-10k", 3, True), tmp_path)
    folder = os.environ["MEMNET_TF_DATA_DIR"]
    x, y = datasets.load(builder, "train[:5]", folder)
    assert {
        split: found.num_examples
        for split, found in builder.info.splits.items()
    } == {"train": 9000, "validation": 1000, "test": 1000}
    assert x["question"][0].startswith("Where was the ")
    assert y[0] in three_facts.ROOMS
