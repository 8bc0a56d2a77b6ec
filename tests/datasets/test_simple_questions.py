"""SimpleQuestions: its files, on a small copy and on the real one."""

import os

import pytest

from memnet_tf import datasets
from memnet_tf.datasets import manual, simple_questions
from memnet_tf.datasets.simple_questions import source

LINES = {
    "freebase": "www.freebase.com/m/0f\twww.freebase.com/people/born\t"
    "www.freebase.com/m/0c\tWhere was she born? \n",
    "wikidata": "Q1\tP19\tQ2\twhere was he born\nQ3\tR19\tQ4\twho is it\n",
    "wikidata_answerable": "Q1\tP19\tQ2\twhere was he born\n",
}


def write(folder, *splits):
    for config, lines in LINES.items():
        for split in splits:
            path = folder / source.ROOT / source.files(config)[split]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(lines)
    return folder


def load(config, split, copy, tmp_path):
    builder = datasets.SimpleQuestions(
        config=config, data_dir=str(tmp_path / "prepared")
    )
    return simple_questions.load(builder, split, str(copy))


def test_questions_have_a_triple(tmp_path):
    copy = write(tmp_path / "copy", "train", "validation", "test")
    assert load("wikidata", "test", copy, tmp_path) == [
        ("Q1", "P19", "Q2", "where was he born"),
        ("Q3", "R19", "Q4", "who is it"),
    ]
    (question,) = load("freebase", "train", copy, tmp_path)
    assert question == ("m/0f", "people/born", "m/0c", "Where was she born?")
    assert len(load("wikidata_answerable", "train", copy, tmp_path)) == 1


def test_freebase_has_a_training_split_where_its_file_is(tmp_path):
    copy = write(tmp_path / "copy", "validation", "test")
    assert len(load("freebase", "test", copy, tmp_path)) == 1
    with pytest.raises(ValueError, match="train"):
        load("freebase", "train", copy, tmp_path)
    with pytest.raises(FileNotFoundError, match="annotated_wd_data_train.txt"):
        load("wikidata", "test", copy, tmp_path)


def test_lines_of_other_things_are_refused():
    with pytest.raises(ValueError, match="Expected a line of subject"):
        source.parse("Q1\tP19\twhere was he born")


@pytest.mark.skipif(
    "MEMNET_TF_DATA_DIR" not in os.environ,
    reason="needs the archive in the folder that MEMNET_TF_DATA_DIR names",
)
def test_the_real_files_have_the_counts_of_their_readme():
    counts = {
        ("freebase", "validation"): 10_845,
        ("freebase", "test"): 21_687,
        ("wikidata", "train"): 34_374,
        ("wikidata", "validation"): 4_867,
        ("wikidata", "test"): 9_961,
    }
    names = {kind: source.files(kind[0])[kind[1]] for kind in counts}
    folder = os.environ["MEMNET_TF_DATA_DIR"]
    texts = manual.read(folder, source.ROOT, list(names.values()))
    for kind, count in counts.items():
        assert len(source.parse(texts[names[kind]])) == count
