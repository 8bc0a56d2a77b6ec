"""MetaQA: its files, on a small copy and on the real one."""

import os
import tarfile

import pytest

from memnet_tf import datasets
from memnet_tf.datasets import manual, metaqa
from memnet_tf.datasets.metaqa import source

TRIPLES = (
    "Alien|directed_by|Ridley Scott\n"
    "Alien|release_year|1979\n"
    "Alien|starred_actors|Sigourney Weaver\n"
    "Her|directed_by|Spike Jonze\n"
    "Her|release_year|2013\n"
    "Blade Runner|directed_by|Ridley Scott\n"
    "Blade Runner|release_year|1982\n"
    "Blade Runner|in_language|English\n"
    "Blade Runner|has_genre|Drama\n"
)
QUESTIONS = {
    1: [
        ("who directed [Alien]", "Ridley Scott", "movie_to_director"),
        ("what did [Ridley Scott] direct", "Alien|Blade Runner", "x"),
    ],
    2: [("other films by the director of [Alien]", "Blade Runner", "y")],
    3: [("when were films made by the director of [Alien]", "1982", "z")],
}


def write(folder, questions=None, splits=("dev", "test")):
    """A copy that has the same questions in every split."""
    questions = questions or QUESTIONS
    root = folder / source.ROOT
    for hops, examples in questions.items():
        of_hops = root / f"{hops}-hop"
        of_hops.mkdir(parents=True, exist_ok=True)
        for split in splits:
            lines = "".join(f"{q}\t{a}\n" for q, a, _ in examples)
            types = "".join(f"{type_}\n" for *_, type_ in examples)
            (of_hops / f"qa_{split}.txt").write_text(lines)
            (of_hops / f"qa_{split}_qtype.txt").write_text(types)
            if hops == 1 and split != "train":
                others = "".join(f"say {q}\t{a}\n" for q, a, _ in examples)
                (of_hops / f"ntm_qa_{split}.txt").write_text(others)
    (root / "kb.txt").write_text(TRIPLES)
    return folder


def build(name, tmp_path):
    return datasets.MetaQa(config=name, data_dir=str(tmp_path / "prepared"))


def test_questions_have_their_entity_their_answers_and_a_paraphrase(tmp_path):
    copy = write(tmp_path / "copy")
    builder = build(metaqa.config_name(1), tmp_path)
    first, second = metaqa.load(builder, "test", str(copy))
    assert first == metaqa.Question(
        "who directed [Alien]",
        "say who directed [Alien]",
        "Alien",
        ("Ridley Scott",),
        "movie_to_director",
    )
    assert second.answers == ("Alien", "Blade Runner")
    assert set(builder.info.splits) == {"validation", "test"}
    more = build(metaqa.config_name(3), tmp_path)
    (question,) = metaqa.load(more, "validation", str(copy))
    assert (question.paraphrase, question.answers) == ("", ("1982",))


def test_training_questions_are_read_where_they_are(tmp_path):
    copy = write(tmp_path / "copy", splits=("train", "dev", "test"))
    builder = build(metaqa.config_name(1), tmp_path)
    found = metaqa.load(builder, "train", str(copy))
    assert [question.paraphrase for question in found] == ["", ""]


def test_the_knowledge_base_is_triples_and_an_archive_is_read_alike(tmp_path):
    write(tmp_path / "copy")
    packed = tmp_path / "packed"
    packed.mkdir()
    with tarfile.open(packed / "metaqa_partial.tar.xz", "w:xz") as archive:
        archive.add(tmp_path / "copy" / source.ROOT, source.ROOT)
    builder = build("2_hop", tmp_path)
    assert len(metaqa.load(builder, "test", str(packed))) == 1
    again = build("2_hop", tmp_path)  # as it was prepared
    for found in (builder, again):
        triples = found.info.metadata["triples"]
        assert len(triples) == 9
        assert triples[1] == ["Alien", "release_year", "1979"]


def test_what_is_missing_is_named(tmp_path):
    builder = build("1_hop", tmp_path)
    with pytest.raises(FileNotFoundError, match=f"MetaQA.*{tmp_path}"):
        metaqa.load(builder, "test", str(tmp_path))
    copy = write(tmp_path / "copy", {1: QUESTIONS[1]})
    builder = build("2_hop", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"2-hop/qa_dev\.txt"):
        metaqa.load(builder, "test", str(copy))


def test_lines_of_other_things_are_refused():
    name, types = source.names(1, ["test"])
    for line in ("who directed Alien\tRidley Scott", "who directed [Alien]"):
        with pytest.raises(ValueError, match=r"Expected a line of a question"):
            source.parse_questions({name: line, types: "x"}, 1, "test")
    with pytest.raises(ValueError, match="as many types"):
        source.parse_questions({name: "[a]\tb", types: "x\ny"}, 1, "test")
    with pytest.raises(ValueError, match=r"subject\|relation\|object"):
        source.parse_triples("Alien|1979")


@pytest.mark.skipif(
    "MEMNET_TF_DATA_DIR" not in os.environ,
    reason="needs the archive in the folder that MEMNET_TF_DATA_DIR names",
)
def test_the_real_files_have_the_published_numbers():
    counts = {1: (9992, 9947), 2: (14872, 14872), 3: (14274, 14274)}
    of_hops = {hops: source.names(hops, source.SPLITS[1:]) for hops in counts}
    texts = manual.read(
        os.environ["MEMNET_TF_DATA_DIR"],
        source.ROOT,
        [
            "kb.txt",
            *(name for names in of_hops.values() for name in names),
            *source.paraphrase_names(1),
        ],
    )
    triples = source.parse_triples(texts["kb.txt"])
    assert len(triples) == 129_413
    assert len({relation for _, relation, _ in triples}) == 9
    entities = {e for triple in triples for e in (triple[0], triple[2])}
    for hops, of_splits in counts.items():
        for split, count in zip(source.SPLITS[1:], of_splits, strict=True):
            found = source.parse_questions(texts, hops, split)
            assert len(found) == count
            assert all(q["paraphrase"] for q in found) == (hops == 1)
            types = {q["type"] for q in found}
            assert all(len(t.split("_to_")) == hops + 1 for t in types)
            if (hops, split) == (1, "test"):
                assert {q["entity"] for q in found} <= entities
