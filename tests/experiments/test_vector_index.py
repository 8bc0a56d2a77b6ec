import json

import numpy as np
import pytest

from experiments import vector_index_tasks as tasks
from memnet_tf.datasets.simulated_world import world
from tests.experiments.test_drivers import run


@pytest.fixture(scope="module")
def recall():
    return tasks.recall(np.random.default_rng(0))


def test_rare_keys_are_asked_with_what_they_were_shown_with(recall):
    episodes = recall.tests["recall"]
    inputs, asked = episodes.inputs[0], episodes.asked[0] > 0
    assert np.sum(asked) == tasks.RARE
    first = inputs[: 3 * tasks.RARE]
    for question, target in zip(
        inputs[asked], episodes.targets[0][asked], strict=True
    ):
        assert not np.any(question[tasks.KEY : -1])
        keys = first[:, : tasks.KEY] - question[: tasks.KEY]
        shown = first[np.argmin(np.sum(keys**2, axis=1))]
        assert np.argmax(recall.value_of(shown)) == target


def test_the_nearest_neighbour_has_the_budget_of_the_network(recall):
    # In training the rare keys are still among the newest inputs, or nearly.
    enough = {**recall.network, "slots": 64}
    episodes = tasks.Episodes(*[part[:32] for part in recall.train])
    accuracy = {
        slots: tasks.nearest_neighbour(
            tasks.dataclasses.replace(recall, network=network), episodes
        )
        for slots, network in ((64, enough), (32, recall.network))
    }
    assert accuracy[64] > 95
    assert accuracy[32] < 40


def test_a_series_is_asked_before_it_is_written():
    task = tasks.regime(np.random.default_rng(0))
    episodes = task.train
    asked = np.flatnonzero(episodes.asked[0])
    assert len(asked) == 12
    for time in asked:
        question, answer = episodes.inputs[0, time : time + 2]
        np.testing.assert_array_equal(question[:5], answer[:5])
        assert question[5] == 0
        assert answer[5] == episodes.targets[0, time]


def test_the_asked_room_is_where_an_actor_went_last():
    task = tasks.simulated_world(np.random.default_rng(0))
    (episodes,) = task.tests.values()
    for inputs, _, asked, targets in zip(*episodes, strict=True):
        for number in np.flatnonzero(asked):
            actor = inputs[number] * np.isin(
                [*tasks.WORDS, "?"], [name.lower() for name in world.ACTORS]
            )
            told = inputs[:-4] @ actor > 0
            rooms = np.array([task.value_of(x) for x in inputs[:-4][told]])
            last = rooms[np.any(rooms, axis=1)][-1]
            assert np.argmax(last) == targets[number]


def test_new_classes_have_labels_of_their_episode(tmp_path):
    random = np.random.default_rng(0)
    images = random.integers(256, size=(400, 784)).astype("uint8")
    labels = np.arange(400) % 10
    np.savez(
        tmp_path / "digits.npz",
        x_train=images,
        y_train=labels,
        x_test=images,
        y_test=labels,
    )
    task = tasks.few_shot(random, tmp_path / "digits.npz")
    for shots in tasks.SHOTS:
        episodes = task.tests[f"few-shot {shots}"]
        written = episodes.written[0]
        counts = np.bincount(episodes.targets[0][written])
        assert counts.tolist() == [shots] * tasks.WAYS
        shown = episodes.inputs[0][written][:, task.keys : -1]
        np.testing.assert_array_equal(
            shown.argmax(axis=1), episodes.targets[0][written]
        )


def test_the_driver_resumes_and_leaves_out_what_has_no_data(tmp_path):
    flags = [
        f"--output_dir={tmp_path}",
        f"--data_dir={tmp_path}",
        "--seeds=1",
        "--epochs=1",
        "--only=few-shot,regime",
    ]
    first = run("experiments.vector_index", *flags)
    assert first.returncode == 0, first.stderr[-3000:]
    assert "few-shot is left out: no images" in first.stdout
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert [row["variant"] for row in rows] == [
        "with memory",
        "without memory",
        "nearest neighbour",
    ]
    assert {row["task"] for row in rows} == {"regime"}
    again = run("experiments.vector_index", *flags)
    assert again.returncode == 0, again.stderr[-3000:]
    assert rows == json.loads((tmp_path / "results.json").read_text())["rows"]
