"""Tasks for a network whose memory is a vector index.

Each task makes episodes: streams of inputs, of which some are written and
some are questions. An input is a key, what is known of its value (zeros in a
question) and whether it is a question.
"""

import dataclasses
import functools
import re
from typing import Any, NamedTuple

import numpy as np

from memnet_tf.datasets.simulated_world import world


class Episodes(NamedTuple):
    """Streams of `T` inputs.

    Attributes:
        inputs: float32 `(N, T, n)`.
        written: bool `(N, T)`, which inputs are written.
        asked: float32 `(N, T)`, 1 where an output is measured, else 0.
        targets: `(N, T)`, classes or numbers.
    """

    inputs: Any
    written: Any
    asked: Any
    targets: Any


@dataclasses.dataclass(frozen=True)
class Task:
    """A task, and the network that learns it.

    Attributes:
        metric: `accuracy` of classes, or `error` of numbers.
        network: arguments of the network.
        keys: how many features of an input are the key; those after it,
            without the last, are the value.
        train: training episodes.
        tests: test episodes by the name of the row.
        epochs: times the training episodes are seen.
        learning_rate: of Adam, at the start of a cosine decay to 0.
    """

    metric: str
    network: dict[str, Any]
    keys: int
    train: Episodes
    tests: dict[str, Episodes]
    epochs: int
    learning_rate: float = 0.005

    def value_of(self, written):
        """The value of an input that was written."""
        if self.keys + 1 < len(written):
            return written[self.keys : -1]
        # A statement: the room that it names, if any.
        return written[[WORDS.index(room) for room in world.ROOMS]]


def _inputs(keys, values, is_question):
    flag = is_question[..., None]
    values = np.where(flag, 0, values)
    return np.concatenate([keys, values, flag], axis=-1).astype("float32")


def _one_hot(classes, count):
    return np.eye(count, dtype="float32")[classes]


def _episodes(keys, values, is_question, targets):
    return Episodes(
        _inputs(keys, values, is_question),
        ~is_question,
        is_question.astype("float32"),
        targets,
    )


RARE, COMMON, KEY, VALUES = 8, 8, 8, 4


def recall(rng):
    """The values of rare keys, thousands of inputs after they were seen.

    Eight keys come once, among the first inputs. Eight others come all the
    time, each time with another value. At the end the rare ones are asked.
    """

    def episodes(count, steps):
        keys = rng.normal(size=(count, RARE + COMMON, KEY))
        keys /= np.linalg.norm(keys, axis=2, keepdims=True)
        which = rng.integers(RARE, RARE + COMMON, (count, steps + RARE))
        first = np.argsort(rng.random((count, 3 * RARE)), axis=1)[:, :RARE]
        rare = np.broadcast_to(np.arange(RARE), (count, RARE))
        np.put_along_axis(which, first, rare, axis=1)
        which[:, steps:] = rare
        is_question = np.zeros(which.shape, bool)
        is_question[:, steps:] = True
        classes = rng.integers(VALUES, size=which.shape)
        classes[:, steps:] = np.take_along_axis(classes, first, axis=1)
        seen = np.take_along_axis(keys, which[..., None], axis=1)
        seen = seen + rng.normal(scale=0.05, size=seen.shape)
        return _episodes(seen, _one_hot(classes, VALUES), is_question, classes)

    return Task(
        metric="accuracy",
        network={
            "inputs": KEY + VALUES + 1,
            "slots": 32,
            "features": 16,
            "outputs": VALUES,
            "units": 64,
            "initial": "empty",
        },
        keys=KEY,
        train=episodes(3200, 64),
        tests={"recall": episodes(128, 4000)},
        epochs=12,
    )


LAGS, PERIOD, NOISE = 5, 8, 0.1


def regime(rng):
    """The next number of a series, just after an old regime came back.

    In each regime the series repeats eight numbers, with noise. The first
    regime comes back after a long absence, in which others ruled.
    """

    def episodes(count, others, steps, asked=12):
        patterns = rng.normal(size=(count, 1 + others, PERIOD))
        lengths = [24, *[steps // others] * others, LAGS + asked]
        ruling = [0, *range(1, 1 + others), 0]
        ruled = []
        for number, length in zip(ruling, lengths, strict=True):
            phase = rng.integers(PERIOD, size=(count, 1)) + np.arange(length)
            ruled.append(
                np.take_along_axis(patterns[:, number], phase % PERIOD, axis=1)
            )
        series = np.concatenate(ruled, axis=1)
        series += rng.normal(scale=NOISE, size=series.shape)
        windows = np.lib.stride_tricks.sliding_window_view(
            series, LAGS + 1, axis=1
        )
        # A window is asked before it is written with its next number.
        late = windows[:, -asked:].repeat(2, axis=1)
        windows = np.concatenate([windows[:, :-asked], late], axis=1)
        is_question = np.zeros(windows.shape[:2], bool)
        is_question[:, -2 * asked :: 2] = True
        keys, values = windows[..., :LAGS], windows[..., LAGS:]
        return _episodes(
            keys, values, is_question, values[..., 0].astype("float32")
        )

    return Task(
        metric="error",
        network={
            "inputs": LAGS + 2,
            "slots": 48,
            "features": 16,
            "outputs": 1,
            "units": 64,
            "initial": "empty",
        },
        keys=LAGS,
        train=episodes(3200, 1, 48),
        tests={"regime": episodes(128, 4, 2000)},
        epochs=12,
    )


STATEMENT, UNKNOWN = -2, -1  # instead of a room

WORDS = sorted(
    set(
        re.findall(
            r"[a-z]+",
            " ".join(
                (
                    *world.ACTORS,
                    *world.OBJECTS,
                    *world.ROOMS,
                    "where is went back to the travelled journeyed moved got",
                    "took grabbed there picked up dropped left discarded put",
                    "down",
                )
            ).lower(),
        )
    )
)


def simulated_world(rng):
    """Where an actor is, after thousands of statements of the world."""

    questions = [_bag(f"where is {actor}") for actor in world.ACTORS]

    def told(statements, every):
        """An episode: after `every` statements, where each actor is."""
        telling = world.World(rng)
        keys, targets = [], []
        for number in range(1, statements + 1):
            keys.append(_bag(telling.step()))
            targets.append(STATEMENT)
            if number % every == 0:
                moves = [telling.moves[actor][-1] for actor in world.ACTORS]
                keys += questions
                targets += [
                    UNKNOWN if at < 0 else world.ROOMS.index(room)
                    for at, room in moves
                ]
        return keys, targets

    def episodes(count, *arguments):
        every = [told(*arguments) for _ in range(count)]
        keys = np.array([keys for keys, _ in every])
        targets = np.array([targets for _, targets in every])
        nothing = np.zeros((*targets.shape, 0))
        is_question = targets != STATEMENT
        made = _episodes(keys, nothing, is_question, np.maximum(targets, 0))
        return made._replace(asked=(targets >= 0).astype("float32"))

    return Task(
        metric="accuracy",
        network={
            "inputs": len(WORDS) + 1,
            "slots": 5,
            "features": 16,
            "outputs": len(world.ROOMS),
            "units": 64,
            "heads": 2,
        },
        keys=len(WORDS),
        train=episodes(3200, 40, 4),
        tests={"simulated world": episodes(64, 2000, 2000)},
        epochs=16,
        learning_rate=0.01,
    )


@functools.cache
def _bag(sentence):
    """How often each of the words is in a sentence."""
    counts = np.zeros(len(WORDS), "float32")
    for word in re.findall(r"[a-z]+", sentence.lower()):
        counts[WORDS.index(word)] += 1
    return counts


WAYS, SHOTS, ASKED, PIXELS = 5, (1, 5, 10), 10, 48
TRAINED, NEW = (0, 1, 2, 3, 4), (5, 6, 7, 8, 9)  # digits


def few_shot(rng, path):
    """Classes never seen in training, from 1, 5 or 10 drawings of each.

    A class is a digit and a distortion: turned, mirrored, its quarters
    changed about. Training has the digits 0 to 4 and tests have 5 to 9; in
    every episode five digits are distorted, each in its own way, and get
    labels anew.

    Args:
        rng: a `numpy.random.Generator`.
        path: an `.npz` of `x_train`, `y_train`, `x_test`, `y_test`, images
            of 28 x 28 digits.
    """
    with np.load(path) as data:
        drawn = {
            digits: _small(data[f"x_{split}"], data[f"y_{split}"], digits)
            for split, digits in (("train", TRAINED), ("test", NEW))
        }
    mean, axes = _principal(
        np.concatenate(
            [
                _distorted(part, rng)
                for digit in drawn[TRAINED]
                for part in np.array_split(digit, 64)
            ]
        )
    )

    def episode(digits, shots):
        most = WAYS * max(SHOTS)
        labels = np.concatenate(
            [
                rng.permutation(np.arange(most) % WAYS),
                rng.integers(WAYS, size=ASKED),
            ]
        )
        keys = np.zeros((most + ASKED, PIXELS), "float32")
        for label, number in enumerate(rng.permutation(WAYS)):
            of_class = labels == label
            drawings = drawn[digits][number]
            chosen = rng.integers(len(drawings), size=of_class.sum())
            images = _distorted(drawings[chosen], rng)
            keys[of_class] = (images - mean) @ axes
        # The first `shots` of each label are written.
        nth = np.cumsum(_one_hot(labels, WAYS), axis=0)
        written = nth[np.arange(len(labels)), labels] <= shots
        written[most:] = False
        return keys, labels, written

    def episodes(count, digits, every_shots):
        found = [
            episode(digits, every_shots[number % len(every_shots)])
            for number in range(count)
        ]
        keys, labels, written = map(np.array, zip(*found, strict=True))
        is_question = np.zeros(labels.shape, bool)
        is_question[:, -ASKED:] = True
        made = _episodes(keys, _one_hot(labels, WAYS), is_question, labels)
        return made._replace(written=written)

    return Task(
        metric="accuracy",
        network={
            "inputs": PIXELS + WAYS + 1,
            "slots": WAYS * max(SHOTS),
            "features": 32,
            "outputs": WAYS,
            "units": 128,
            "initial": "empty",
        },
        keys=PIXELS,
        train=episodes(3200, TRAINED, SHOTS),
        tests={
            f"few-shot {shots}": episodes(320, NEW, [shots]) for shots in SHOTS
        },
        epochs=8,
    )


def _small(images, labels, digits):
    """For each digit its images, 14 x 14, from 0 to 1."""
    images = images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)) / 255
    return [images[labels == digit].astype("float32") for digit in digits]


def _distorted(images, rng):
    """Images `(N, 14, 14)`, all distorted alike, as vectors."""
    images = np.rot90(images, rng.integers(4), axes=(1, 2))
    if rng.integers(2):
        images = images[:, :, ::-1]
    quarters = images.reshape(-1, 2, 7, 2, 7).swapaxes(2, 3)
    quarters = quarters.reshape(-1, 4, 49)[:, rng.permutation(4)]
    return quarters.reshape(-1, 196)


def _principal(images):
    """The mean, and the first principal axes, scaled to variance 1 in all."""
    mean = images.mean(axis=0)
    _, lengths, axes = np.linalg.svd(images - mean, full_matrices=False)
    spread = np.sqrt(np.sum(lengths[:PIXELS] ** 2) / len(images))
    return mean, axes[:PIXELS].T / spread


def measure(metric, episodes, outputs):
    """Percent of right classes, or the root of the mean squared error."""
    asked = episodes.asked > 0
    targets = episodes.targets[asked]
    if metric == "accuracy":
        return 100 * float(np.mean(outputs[asked].argmax(axis=-1) == targets))
    squared = np.square(outputs[asked][:, 0] - targets)
    return float(np.sqrt(np.mean(squared)))


def nearest_neighbour(task, episodes):
    """The same measure of a plain baseline.

    It keeps as many of the newest inputs as the network has slots, and
    answers with the value of the one whose key is nearest to the question.
    """
    outputs = np.zeros((*episodes.written.shape, task.network["outputs"]))
    for inputs, written, asked, output in zip(
        episodes.inputs,
        episodes.written,
        episodes.asked,
        outputs,
        strict=True,
    ):
        for time in np.flatnonzero(asked):
            kept = np.flatnonzero(written[:time])[-task.network["slots"] :]
            keys = inputs[kept, : task.keys]
            distance = np.square(keys - inputs[time, : task.keys]).sum(axis=1)
            nearest = kept[::-1][np.argmin(distance[::-1])]  # the newest
            output[time] = task.value_of(inputs[nearest])
    return measure(task.metric, episodes, outputs)
