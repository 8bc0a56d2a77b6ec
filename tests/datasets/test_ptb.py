"""The Penn Treebank: its files, on a small copy and on the real one."""

import os
import tarfile

import pytest

from memnet_tf import datasets
from memnet_tf.datasets import ptb

LINES = {
    "train": " the cat sat on N mats \n the <unk> sat \n",
    "valid": " a cat \n",
    "test": " a dog 's mat \n no it was n't \n",
}


def write(folder, *splits):
    """A copy that has some of the files."""
    (folder / "ptb").mkdir(parents=True)
    for split in splits:
        (folder / "ptb" / f"ptb.{split}.txt").write_text(LINES[split])
    return folder


def load(split, copy, tmp_path):
    builder = datasets.Ptb(data_dir=str(tmp_path / "prepared"))
    return ptb.load(builder, split, str(copy))


def test_sentences_stand_in_the_order_of_the_files(tmp_path):
    copy = write(tmp_path / "copy", *LINES)
    assert load("train", copy, tmp_path) == [
        "the cat sat on N mats",
        "the <unk> sat",
    ]
    assert load("validation", copy, tmp_path) == ["a cat"]
    assert load("test[1:]", copy, tmp_path) == ["no it was n't"]


def test_an_archive_is_read_like_a_folder(tmp_path):
    copy = write(tmp_path / "copy", *LINES)
    packed = tmp_path / "packed"
    packed.mkdir()
    with tarfile.open(packed / "ptb_mikolov.tar.xz", "w:xz") as archive:
        archive.add(copy / "ptb", "ptb")
    assert load("test", packed, tmp_path) == ["a dog 's mat", "no it was n't"]


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"folder ptb.*{tmp_path}"):
        load("train", tmp_path, tmp_path)
    copy = write(tmp_path / "copy", "train", "test")
    with pytest.raises(FileNotFoundError, match="file ptb.valid.txt.*copy"):
        load("train", copy, tmp_path)


@pytest.mark.skipif(
    "MEMNET_TF_DATA_DIR" not in os.environ,
    reason="needs the archive in the folder that MEMNET_TF_DATA_DIR names",
)
def test_the_real_files_have_the_published_numbers(tmp_path):
    folder = os.environ["MEMNET_TF_DATA_DIR"]
    for split, sentences, words in (
        ("train", 42_068, 887_521),
        ("validation", 3_370, 70_390),
        ("test", 3_761, 78_669),
    ):
        texts = load(split, folder, tmp_path)
        assert len(texts) == sentences
        assert sum(len(text.split()) for text in texts) == words
