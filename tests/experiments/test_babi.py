"""The bAbI driver: its data, its rows, and a run of the smallest size."""

import json

import keras
import numpy as np
import pytest

from experiments.babi import data, errors, published, recipes
from memnet_tf import training
from tests.experiments.driver import run


def test_invented_words_give_the_same_ids(tasks):
    invented = data.invent_words(tasks)
    words, length, memories = data.sizes(tasks)
    others, same_length, same_memories = data.sizes(invented)
    assert (length, memories) == (same_length, same_memories) == (6, 3)
    assert not set(words) & set(others)
    assert len(words) == len(others)
    recipe = recipes.memn2n(joint=True)
    one = data.encode(recipe.build(words, length, memories), tasks, True)
    other = data.encode(recipe.build(others, length, memories), invented, True)
    keras.tree.map_structure(np.testing.assert_array_equal, one, other)


def test_shuffled_answers_leave_the_test_split_and_the_answers_given(tasks):
    shuffled = data.shuffle_answers(tasks)
    for task, splits in tasks.items():
        assert shuffled[task]["test"] == splits["test"]
        assert shuffled[task]["train"][1] != splits["train"][1]
        assert sorted(shuffled[task]["train"][1]) == sorted(splits["train"][1])


def test_an_empty_memory_has_only_the_question(tasks):
    x, y = data.empty_memories(tasks)[1]["test"]
    assert x["story"] == [[]] * 40
    assert (x["question"], y) == (
        tasks[1]["test"][0]["question"],
        tasks[1]["test"][1],
    )
    assert data.sizes(data.empty_memories(tasks))[2] == 1


def test_the_most_frequent_answer_is_that_of_training(tasks):
    splits = {
        "train": ({}, ["yes", "no", "no"]),
        "test": ({}, ["yes", "yes", "no", "yes"]),
    }
    assert data.most_frequent_errors(splits) == {
        "train": pytest.approx(100 / 3),
        "test": 75,
    }


def seed(train, validation, test):
    def by_task(values):
        return {str(task): value for task, value in enumerate(values, 1)}

    return {
        "train": by_task(train),
        "validation": by_task(validation),
        "test": by_task(test),
    }


def test_seeds_are_chosen_for_each_task_or_for_all():
    found = [
        seed([0, 9] * 10, [5, 0] * 10, [10, 20] * 10),
        seed([4, 4] * 10, [0, 6] * 10, [2, 40] * 10),
    ]
    tasks = list(range(1, 21))
    single = {
        row["task"]: row
        for row in errors.rows("MemN2N", "single 1k", tasks, found, joint=False)
    }
    assert single["1"]["values"] == [10, 2]
    assert single["1"]["best"] == 2  # by validation
    assert single["1"]["best_by_training"] == 10
    assert single["2"]["best"] == 20
    assert single["mean"]["values"] == [15, 21]
    assert single["mean"]["best"] == 11
    assert single["mean"]["published"] == 13.9
    assert single["failed"]["values"] == [20, 10]
    assert single["failed"]["best"] == 10
    joint = errors.rows("MemN2N", "joint 1k", tasks, found, joint=True)[-2]
    assert joint["best"] == 15  # the seed of 2.5% validation error
    assert joint["best_by_training"] == 21


def test_rows_that_depend_on_simulated_stories_are_marked():
    found = [seed([0] * 20, [0] * 20, [0] * 20)]
    for joint, marked in ((False, {"3", "mean", "failed"}), (True, None)):
        rows = errors.rows("M", "v", list(range(1, 21)), found, joint, True)
        assert {row["task"] for row in rows if row.get("simulated")} == (
            marked or {row["task"] for row in rows}
        )
    assert "3 (simulated)" in errors.beside_published(rows)


@pytest.mark.parametrize(
    ("model", "variant", "mean", "failed"),
    [
        ("MemN2N", "single 1k", 13.9, 11),
        ("MemN2N", "joint 1k", 12.4, 11),
        ("MemN2N", "single 10k", 6.6, 4),
        ("RecurrentEntityNetwork", "single 1k", 29.6, 15),
        ("RecurrentEntityNetwork", "single 10k", 0.5, 0),
        ("DynamicMemoryNetworkPlus", "single 10k", 2.8, 1),
    ],
)
def test_published_tasks_have_the_published_mean(model, variant, mean, failed):
    assert published.error(model, variant, "mean") == mean
    assert published.error(model, variant, "failed") == failed


def test_learning_rate_is_halved_after_linear_start():
    halve = recipes.Halve(0.01, every=15, first=30)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd")
    halve.set_model(model)
    rates = []
    for epoch in (0, 29, 30, 44, 45, 60):
        halve.on_epoch_begin(epoch)
        rates.append(float(model.optimizer.learning_rate))
    expected = [0.01, 0.01, 0.01, 0.01, 0.005, 0.0025]
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("joint", "linear", "units", "learning_rate", "epochs"),
    [(True, True, 50, 0.005, 90), (False, False, 20, 0.01, 100)],
)
def test_memn2n_is_trained_as_in_the_program_of_its_authors(
    joint, linear, units, learning_rate, epochs
):
    recipe = recipes.memn2n(joint, linear_start=linear)
    network = recipe.build(["a", "b"], sentence_length=3, memory_size=2)
    assert network.output_map.addressing == "padded_softmax"
    assert type(network.optimizer) is training.TableClippedSGD
    assert (network.optimizer.units, network.optimizer.table_norm) == (
        units,
        40,
    )
    halve = recipe.callbacks()[-1]
    halve.set_model(network)
    halve.on_epoch_begin(0)
    assert float(network.optimizer.learning_rate) == np.float32(learning_rate)
    assert (recipe.epochs, recipe.batches, recipe.options) == (
        epochs,
        "like_length" if joint else "shuffled",
        () if linear else ("no linear start",),
    )


def test_short_stories_may_have_a_recipe_of_their_own():
    recipe = recipes.query_reduction(joint=False)
    assert recipe.of([1], longest=21) is recipe
    short = recipe.of([1], longest=20)
    assert (recipe.epochs, short.epochs) == (25, 75)
    assert [each.callbacks()[0].every for each in (recipe, short)] == [5, 15]
    other = recipes.key_value(joint=False)
    assert other.of([1], longest=20) is other


@pytest.mark.parametrize(
    ("name", "averaged"),
    [
        ("recurrent_entity", [True, True]),
        ("dynamic_memory_plus", [True, False]),
        ("query_reduction", [False, False]),
    ],
)
def test_where_weights_are_averaged_the_average_is_kept(name, averaged):
    recipe = recipes.RECIPES[name](False)
    for longest, expected in zip((21, 20), averaged, strict=True):
        own = recipe.of([1], longest)
        network = own.build(["john", "is"], sentence_length=3, memory_size=2)
        assert network.optimizer.use_ema == expected
        assert expected == any(
            isinstance(each, keras.callbacks.SwapEMAWeights)
            for each in own.callbacks()
        )


def test_rates_are_halved_after_the_epochs_of_a_curriculum():
    recipe = recipes.dynamic_memory_plus(joint=False)
    first = sum(epochs for epochs, _ in recipe.curriculum)
    halve = recipe.callbacks()[0]
    assert (halve.first, halve.every, recipe.epochs) == (first, 20, first + 28)
    short = recipe.of([1], longest=20)
    assert (short.curriculum, short.callbacks()[0].first) == ((), 0)


def test_the_gated_network_is_trained_as_memn2n_where_stories_are_long():
    gated = recipes.gated_memn2n(joint=False, hops=2)
    sizes = {"sentence_length": 3, "memory_size": 2}
    networks = [
        gated.of([1], longest).build(["a", "b"], **sizes)
        for longest in (21, 20)
    ]
    assert [type(each).__name__ for each in networks] == [gated.model] * 2
    assert [each.input_map.units for each in networks] == [20, 50]
    assert [type(each.optimizer) for each in networks] == [
        training.TableClippedSGD,
        keras.optimizers.AdamW,
    ]
    assert [gated.of([1], longest).options for longest in (21, 20)] == [
        ("2 hops",),
        ("2 hops",),
    ]


def test_the_entities_of_short_stories_are_their_longer_words():
    recipe = recipes.recurrent_entity(joint=False)
    configs = [
        recipe.of([1], longest)
        .build(["is", "john", "to", "sad", "a"], 3, 2)
        .get_config()
        for longest in (21, 20)
    ]
    entities = [config["entities"] for config in configs]
    assert entities == [20, ["john", "sad"]]
    assert [config["units"] for config in configs] == [100, 200]
    assert [recipe.of([1], longest).epochs for longest in (21, 20)] == [45, 150]


@pytest.mark.parametrize(
    ("name", "decay", "exempt"),
    [
        ("recurrent_entity", 0.5, {"mask", "slope", "of_input"}),
        ("query_reduction", 4.0, {f"gate_kernel_{hop}" for hop in range(3)}),
        ("dynamic_memory_plus", 1.2, set()),
    ],
)
def test_a_task_alone_may_have_a_recipe_of_its_own(name, decay, exempt):
    recipe = recipes.RECIPES[name](False)
    usual = recipe.of([15], longest=9)
    assert recipe.of([15, 16], longest=9) is usual
    optimizers, decaying = [], []
    for each in (usual, recipe.of([16], longest=9)):
        network = each.build(["john", "is"], sentence_length=3, memory_size=2)
        optimizers.append(network.optimizer)
        decaying.append(
            {
                weight.name
                for weight in network.trainable_variables
                if network.optimizer._use_weight_decay(weight)
            }
        )
    assert [each.weight_decay for each in optimizers] == [0.3, decay]
    assert decaying[0] - decaying[1] == exempt


@pytest.mark.parametrize(
    ("name", "options"), [("two_reader", ()), ("memn2n_by_loss", ("by loss",))]
)
def test_mixtures_by_loss(name, options):
    recipe = recipes.RECIPES[name](True, 10)
    network = recipe.build(["a", "b"], sentence_length=3, memory_size=2)
    assert type(network).__name__ == recipe.model
    assert recipe.options == options
    assert (recipe.epochs, recipe.steps, recipe.batches) == (
        10,
        2000,
        "by_loss",
    )
    assert recipe.most_memories == 130
    rates = network.optimizer._learning_rate
    assert float(rates(0)) == 0
    assert float(rates(4000)) == pytest.approx(0.003)
    assert float(rates(20000)) == pytest.approx(0.00003)


def test_the_most_supports_are_those_of_training():
    def split(*supports):
        return {"support": supports}, ["yes"] * len(supports)

    tasks = {
        1: {"train": split([0], [1]), "test": split([0, 1, 2])},
        2: {"train": split([0, 2], [1]), "test": split([1])},
    }
    assert data.most_supports(tasks) == 2


def test_predictions_are_those_of_the_network_for_any_number(tasks):
    recipe = recipes.memnn(joint=True)
    supports = data.most_supports(tasks)
    network = recipe.build(*data.sizes(tasks), supports)
    assert network.hops == supports
    x, y = data.encode(network, tasks, support=True)["test"][2]
    found = errors.predictor(network)(x)
    expected = np.argmax(network(x)["answer"], axis=-1)
    np.testing.assert_array_equal(found, expected)
    assert found.shape == y["answer"].shape == (40,)


def test_driver_trains_goes_on_and_keeps_other_rows(copy, tmp_path):
    output = tmp_path / "output"
    flags = [
        f"--output_dir={output}",
        f"--manual_dir={copy}",
        "--tasks=1,2",
        "--seeds=2",
        "--epochs=2",
    ]
    done = run("experiments.babi", *flags, "--tensorboard")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "### MemN2N joint 1k" in done.stdout
    first = json.loads((output / "results.json").read_text())["rows"]
    assert [row["task"] for row in first] == ["1", "2"]
    assert all(row["n"] == 2 and row["metric"] == "error" for row in first)
    for name in ("learning_curves.png", "addresses.png"):
        assert (output / name).read_bytes().startswith(b"\x89PNG")
    assert list((output / "tensorboard").rglob("events*"))
    assert len(list((output / "runs").rglob("seed_*.json"))) == 2
    more = run("experiments.babi", *flags, "--model=most_frequent_answer")
    assert more.returncode == 0, more.stderr[-3000:]
    rows = json.loads((output / "results.json").read_text())["rows"]
    assert rows[:2] == first
    assert {row["model"] for row in rows[2:]} == {"most frequent answer"}
    assert (
        "### most frequent answer joint 1k" in (output / "tasks.md").read_text()
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [
        ["--model=memnn", "--control=shuffled answers"],
        ["--model=two_reader"],
        ["--model=gated_memn2n"],
        ["--model=recurrent_entity"],
        ["--model=key_value", "--hops=1"],
        ["--model=dynamic_memory_plus"],
        ["--model=query_reduction"],
        ["--addressing=hard", "--support", "--nolinear_start"],
        ["--addressing=top_k", "--k=2", "--control=invented words"],
        ["--addressing=stick_breaking", "--control=empty memory"],
    ],
)
def test_every_kind_of_training_runs(copy, tmp_path, more):
    done = run(
        "experiments.babi",
        f"--output_dir={tmp_path / 'output'}",
        f"--manual_dir={copy}",
        "--training=single",
        "--tasks=2",
        "--seeds=1",
        "--epochs=1",
        *more,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize(
    ("model", "flag"),
    [("query_reduction", "addressing=hard"), ("memnn", "hops=2")],
)
def test_flags_that_a_network_does_not_have_are_named(model, flag):
    done = run("experiments.babi", f"--model={model}", f"--{flag}")
    assert done.returncode != 0
    name = flag.split("=")[0]
    assert f"`--model={model}` has. Received: `--{name}`" in done.stderr


def test_what_is_missing_is_said(tmp_path):
    flags = [f"--output_dir={tmp_path}", f"--manual_dir={tmp_path}"]
    done = run("experiments.babi", *flags, "--model=most_frequent_answer")
    assert done.returncode != 0
    assert "tasks_1-20_v1-2" in done.stderr
