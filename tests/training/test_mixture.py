import numpy as np
import pytest

from memnet_tf.training import Mixture

RANDOM = np.random.default_rng(0)


def _task(lengths, number, slots=12):
    """Examples whose words tell their task and row."""
    story = np.zeros((len(lengths), slots, 2), "int32")
    for row, length in enumerate(lengths):
        story[row, :length] = number
    rows = np.arange(len(lengths), dtype="int32")
    question = np.stack([np.full_like(rows, number), rows], axis=1)
    return {"story": story, "question": question}, {"answer": rows}


def _mixture():
    return Mixture(
        {
            "short": _task([1, 2, 3, 4], 1),
            "mixed": _task([2, 7, 12, 7, 7, 0], 2),
        },
        lengths=(3, 8),
    )


def test_a_batch_has_stories_of_one_length_whole():
    mixture = _mixture()
    seen = set()
    for _ in range(200):
        x, y = mixture.draw(RANDOM, 16)
        length = x["story"].shape[1]
        assert length in (3, 8, 12)
        assert x["story"].shape == (16, length, 2)
        for story, (task, row), answer in zip(
            x["story"], x["question"], y["answer"], strict=True
        ):
            told = np.count_nonzero(story[:, 0])
            assert told == [[1, 2, 3, 4], [2, 7, 12, 7, 7, 0]][task - 1][row]
            assert answer == row
            seen.add((task, row))
    assert len(seen) == 10  # every example


def test_tasks_have_their_share_and_their_examples_are_equally_likely():
    mixture = _mixture()
    count = np.zeros((2, 6))
    for _ in range(3000):
        x, _ = mixture.draw(RANDOM, 8, shares=[3, 1])
        for task, row in x["question"]:
            count[task - 1, row] += 1
    share = count / count.sum()
    np.testing.assert_allclose(share.sum(axis=1), [0.75, 0.25], atol=0.03)
    np.testing.assert_allclose(share[0, :4], 0.75 / 4, atol=0.02)
    np.testing.assert_allclose(share[1], 0.25 / 6, atol=0.02)


@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_every_example_comes_once(batch_size):
    mixture = _mixture()
    for task, count in (("short", 4), ("mixed", 6)):
        rows = []
        for x, y, new in mixture.every(task, batch_size):
            assert len(x["story"]) == batch_size
            rows += list(y["answer"][:new])
        assert sorted(rows) == list(range(count))


def test_no_more_than_asked_for_of_each_length():
    found = list(_mixture().every("mixed", 2, most=1))
    assert [(x["story"].shape[1], new) for x, _, new in found] == [
        (3, 1),
        (8, 1),
        (12, 1),
    ]


@pytest.mark.parametrize(
    ("longest", "tasks", "count"),
    [(3, ["short", "mixed"], 5), (11, ["short", "mixed"], 9)],
)
def test_up_to_a_length_there_are_shorter_stories_alone(longest, tasks, count):
    whole = _mixture()
    mixture = whole.up_to(longest)
    assert (mixture.tasks, len(mixture)) == (tasks, count)
    for _ in range(50):
        x, _ = mixture.draw(RANDOM, 4)
        assert x["story"].shape[1] <= longest
    assert len(whole) == 10


def test_tasks_of_long_stories_are_left_out():
    tasks = {"short": _task([1, 2], 1), "long": _task([9, 12], 2)}
    assert Mixture(tasks, lengths=(3, 8)).up_to(8).tasks == ["short"]
    with pytest.raises(ValueError, match="`longest` to be at least 3.*: 2"):
        Mixture(tasks, lengths=(3, 8)).up_to(2)


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="`tasks`, at least one"):
        Mixture({})
    with pytest.raises(ValueError, match=r"`lengths`.*rising.*\(8, 3\)"):
        Mixture({"one": _task([1], 1)}, lengths=(8, 3))
