import keras
import numpy as np
import pytest

from memnet_tf import models
from memnet_tf.training import LinearStart, Mixture, MixtureTrainer, Resume

WORDS = ["ann", "bob", "hall", "attic", "where", "is"]


def _examples(network, seed, length):
    """Where somebody is, who was seen last in one of two rooms."""
    random = np.random.default_rng(seed)
    stories, questions, answers = [], [], []
    for _ in range(200):
        people = random.permutation(["ann", "bob"])
        rooms = random.choice(["hall", "attic"], 2)
        story = [
            f"{who} {room}" for who, room in zip(people, rooms, strict=True)
        ]
        stories.append((story * length)[-length:])
        asked = random.integers(2)
        questions.append(f"where is {people[asked]}")
        answers.append(str(rooms[asked]))
    return network.encode({"story": stories, "question": questions}, answers)


def _network():
    keras.utils.set_random_seed(0)
    network = models.TwoReaderNetwork(
        WORDS,
        sentence_length=3,
        memory_size=9,
        units=8,
        hops=1,
        reader_units=8,
        linear_start=True,
    )
    network.compile(keras.optimizers.Adam(0.01))
    return network


def _mixtures(network):
    return [
        Mixture(
            {
                "two": _examples(network, seed, 2),
                "eight": _examples(network, seed + 1, 8),
            },
            lengths=(3,),
        )
        for seed in (0, 2)
    ]


class Logs(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.logs = []

    def on_epoch_end(self, epoch, logs=None):
        self.logs.append(logs)


@pytest.fixture(scope="module")
def trained():
    network = _network()
    trainer = MixtureTrainer(network, batch_size=32)
    train, validation = _mixtures(network)
    logs = Logs()
    callbacks = [LinearStart(epochs=1, patience=1), logs]
    trainer.fit(train, validation, epochs=4, steps=40, callbacks=callbacks)
    return trainer, validation, logs.logs


def test_it_learns_and_says_how_well(trained):
    trainer, validation, logs = trained
    errors = trainer.errors(validation)
    assert set(errors) == {"two", "eight"}
    assert max(errors.values()) < 10
    assert logs[-1]["loss"] < logs[0]["loss"]
    mean = np.mean(list(errors.values()))
    assert logs[-1]["val_accuracy"] == pytest.approx(1 - mean / 100)
    assert trainer.network.output_map.linear.numpy() == 0


def test_errors_are_those_of_the_networks_own_answers(trained):
    trainer, _, _ = trained
    x, y = _examples(trainer.network, 9, 5)
    scores = trainer.network.predict(x, verbose=0)["answer"]
    wrong = np.mean(np.argmax(scores, axis=1) != y["answer"])
    found = trainer.errors(Mixture({"five": (x, y)}, lengths=(2, 5)))
    assert found["five"] == pytest.approx(100 * wrong, abs=1e-4)


def test_a_training_goes_on_where_it_was_interrupted(tmp_path):
    network = _network()
    trainer = MixtureTrainer(network, batch_size=8)
    train, _ = _mixtures(network)
    start = [variable.numpy() for variable in network.variables]

    def weights(epochs):
        """Weights after trainings that end after these numbers of epochs."""
        resume = Resume(tmp_path / f"{epochs}.npz")
        for last in epochs:
            for variable, value in zip(network.variables, start, strict=True):
                variable.assign(value)
            network.optimizer.build(network.trainable_variables)
            for variable in network.optimizer.variables:
                if variable is not network.optimizer.learning_rate:
                    variable.assign(keras.ops.zeros_like(variable))
            trainer.fit(
                train,
                epochs=last,
                steps=3,
                seed=5,
                initial_epoch=resume.restore(network),
                callbacks=[resume],
            )
        return [weight.numpy() for weight in network.trainable_weights]

    for one, other in zip(weights([3]), weights([1, 3]), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_what_is_learnt_gets_the_least_share():
    trainer = MixtureTrainer(_network())
    losses = {"a": 3.0, "b": 0.0, "c": 1.0}
    trainer._means = lambda mixture, task, most: (losses[task], 0.0)
    mixture = type("M", (), {"tasks": list(losses)})
    shares = trainer._shares(mixture, least=0.3, most=0.5)
    np.testing.assert_allclose(shares, np.array([0.5, 0.1, 0.25]) / 0.85)


def test_without_losses_tasks_are_drawn_alike_once_on_average(monkeypatch):
    network = _network()
    trainer = MixtureTrainer(network, batch_size=32)
    train, _ = _mixtures(network)
    assert len(train) == 400
    drawn = []
    draw = train.draw

    def watched(random, batch_size, shares=None):
        drawn.append(shares)
        return draw(random, batch_size, shares)

    monkeypatch.setattr(train, "draw", watched)
    trainer.fit(train, by_loss=False)
    assert drawn == [None] * 13  # of 32, at least 400
    drawn.clear()
    trainer.fit(train, steps=2)
    assert [len(shares) for shares in drawn] == [2, 2]


def test_a_curriculum_comes_first_and_draws_short_stories():
    network = _network()
    trainer = MixtureTrainer(network, batch_size=32)
    tasks = {str(n): _examples(network, n, n) for n in (2, 5, 8)}
    train = Mixture(tasks, lengths=(3, 6))
    lengths = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            lengths.append([])

    step = trainer._batch

    def watched(mixture, random, shares):
        x, y = step(mixture, random, shares)
        lengths[-1].append(x["story"].shape[1])
        return x, y

    trainer._batch = watched
    trainer.fit(
        train,
        epochs=4,
        by_loss=False,
        curriculum=[(1, 3), (2, 6)],
        callbacks=[Watch()],
    )
    assert [set(of) for of in lengths] == [{3}, {3, 6}, {3, 6}, {3, 6, 9}]
    # Of 32, at least 200, 400 and 600.
    assert [len(of) for of in lengths] == [7, 13, 13, 19]


def test_averaged_weights_are_measured_and_kept():
    network = _network()
    network.compile(keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.5))
    trainer = MixtureTrainer(network, batch_size=32)
    train, validation = _mixtures(network)
    steps = []

    class Watch(Logs):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            steps.append([w.numpy() for w in network.trainable_variables])

    watch = Watch()
    callbacks = [keras.callbacks.SwapEMAWeights(), watch]
    trainer.fit(train, validation, epochs=3, steps=1, callbacks=callbacks)
    for weight, first, second, third in zip(
        network.trainable_variables, *steps, strict=True
    ):
        averaged = 0.25 * first + 0.25 * second + 0.5 * third
        np.testing.assert_allclose(weight, averaged, atol=1e-6)
    mean = np.mean(list(trainer.errors(validation).values()))
    assert watch.logs[-1]["val_accuracy"] == pytest.approx(1 - mean / 100)
