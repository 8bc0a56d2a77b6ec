"""A memory network in three minutes: trained, watched, asked and exported.

    python -m experiments.quickstart

trains MemNN and MemN2N on a simulated world of four people and three things,
shows which memories they read for a question, lets MemNN answer a story of
words it never saw, exports it, and asks the export again in a process that
imports nothing but TensorFlow. Takes about two minutes on 2 cores; expect
MemNN at 99% or more. `experiments.ask` answers what you type.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

import keras
import tensorflow_datasets as tfds
from absl import app, flags, logging

from experiments import reading, results, runs
from experiments.plots import plot_addresses
from memnet_tf import datasets, layers, models
from memnet_tf.datasets.simulated_world import config_name

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/quickstart", "Folder of data, pictures and exports."
)
EPOCHS = flags.DEFINE_integer("epochs", 10, "Times MemNN sees the questions.")
QUESTIONS = flags.DEFINE_integer("questions", 3000, "Questions to train on.")
SEED = flags.DEFINE_integer("seed", 0, "Seed of weights and of sampling.")

CONSOLE = reading.CONSOLE

# No name, thing or place of this story is in the training data.
STORY = [
    "Thorin travelled to the cavern",
    "Smaug dropped the ring there",
    "Thorin took the ring",
    "Thorin went back to the burrow",
    "Thorin left the ring there",
    "Balin got the ring",
    "Balin journeyed to the Fire-Mountain",
    "Balin dropped the ring there",
    "Smaug died",
    "Balin went back to the burrow",
    "Thorin travelled to the Far-Harbour",
    "The end",
]
QUESTIONS_OF_STORY = {
    "Where is the ring?": "fire-mountain",
    "Where is Thorin now?": "far-harbour",
    "Where is Balin now?": "burrow",
    "Where was Thorin before the Far-Harbour?": "burrow",
}

# Run by a Python that imports nothing but TensorFlow.
ASK_EXPORT = """
import json, sys
import tensorflow as tf
folder, story, question = json.loads(sys.argv[1])
answer = tf.saved_model.load(folder).signatures["serving_default"]
outputs = answer(story=tf.constant([story]), question=tf.constant([question]))
print(outputs["answer"][0].numpy().decode(), float(outputs["score"][0]))
"""


def main(_):
    start = time.perf_counter()
    logging.set_verbosity(logging.WARNING)
    tfds.disable_progress_bar()
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    CONSOLE.rule("A simulated world")
    splits = load(output_dir / "data")
    memnn, memn2n = build(splits["train"])
    CONSOLE.rule("Training")
    rows = [
        train(memnn, splits, "k=2 time unseen names", EPOCHS.value),
        train(memn2n, splits, "3 hops softmax", 3 * EPOCHS.value),
    ]
    CONSOLE.rule("What they read")
    x, _ = splits["test"]
    number = next(
        number
        for number, question in enumerate(x["question"])
        if "before" in question and "the" in question.split()[2]
    )
    story, question = x["story"][number][-12:], x["question"][number]
    for network in (memnn, memn2n):
        picture = output_dir / f"{network.name}_addresses.png"
        show(network, story, question, picture)
    CONSOLE.rule("A story of words never seen")
    first, *others = QUESTIONS_OF_STORY
    unseen = [show(memnn, STORY, first, output_dir / "unseen_words.png")]
    unseen += [tell(memnn, STORY, question) for question in others]
    right = [
        answer.text == expected
        for answer, expected in zip(
            unseen, QUESTIONS_OF_STORY.values(), strict=True
        )
    ]
    rows.append(
        results.row(
            "MemNN",
            "k=2 time unseen names",
            "a story of words never seen",
            "accuracy",
            [100 * sum(right) / len(right)],
        )
    )
    CONSOLE.rule("The export, asked with nothing but TensorFlow")
    ask_export(memnn, output_dir / "export" / "1")
    results.write(output_dir, rows, time.perf_counter() - start)
    CONSOLE.print(f"Pictures, results and the export are in {output_dir}.")
    CONSOLE.print(f"Done in {time.perf_counter() - start:.0f} s.")


def load(data_dir):
    """The splits of the hardest task, as text."""
    builder = datasets.SimulatedWorld(
        config=config_name("actor and object", 5), data_dir=str(data_dir)
    )
    splits = {
        "train": datasets.load(builder, f"train[:{QUESTIONS.value}]"),
        "test": datasets.load(builder, "test"),
    }
    x, y = splits["train"]
    for sentence in x["story"][0][:4]:
        CONSOLE.print(f"  {sentence}")
    CONSOLE.print(f"  ...\n  {x['question'][0]}  [bold]{y[0]}[/]")
    return splits


def build(train_split):
    """The two networks, with the vocabulary of the training split."""
    x, y = train_split
    sentences = [sentence for story in x["story"] for sentence in story]
    vocabulary = layers.build_vocabulary(sentences + x["question"], y)
    size = {"sentence_length": 8, "memory_size": 30}
    keras.utils.set_random_seed(SEED.value)
    return (
        models.MemNN(
            vocabulary, **size, match=True, unknown_words=64, name="memnn"
        ),
        models.MemN2N(vocabulary, **size, units=50, name="memn2n"),
    )


class Bar(keras.callbacks.Callback):
    """Shows the epochs of a training as a progress bar."""

    def __init__(self, progress, title, epochs):
        super().__init__()
        self.progress = progress
        self.title = title
        self.task = progress.add_task(title, total=epochs)

    def on_epoch_end(self, epoch, logs=None):
        accuracy = f"{100 * logs['accuracy']:5.1f}%"
        self.progress.update(
            self.task, advance=1, description=f"{self.title} {accuracy}"
        )


def train(network, splits, variant, epochs):
    """Trains a network; returns its row of results."""
    title = type(network).__name__
    x, y = network.encode(*splits["train"])
    test_x, test_y = network.encode(*splits["test"])
    steps = epochs * -(-len(x["question"]) // 32)
    network.compile(
        keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(0.01, steps)
        )
    )
    with runs.progress_bar() as progress:
        bar = Bar(progress, title, epochs)
        network.fit(x, y, epochs=epochs, callbacks=[bar], verbose=0)
    accuracy = (
        100
        * network.evaluate(
            test_x, test_y, batch_size=1000, verbose=0, return_dict=True
        )["accuracy"]
    )
    CONSOLE.print(f"{title} answers {accuracy:.1f}% of 3,000 test questions.")
    return results.row(
        title, variant, "d5 actor and object", "accuracy", [accuracy]
    )


def show(network, story, question, picture):
    """Prints and draws what each hop read; returns the answer."""
    answer = reading.show(network, story, question)
    plot_addresses(story, question, answer, picture)
    return answer


def tell(network, story, question):
    """Prints the answer and what was read; returns the answer."""
    answer = network.answer(story, question)
    read = "; ".join(dict.fromkeys(s for s in answer.support if s))
    CONSOLE.print(
        f"[bold]{question}[/]  [bold green]{answer.text or 'nothing'}[/]"
        f"  [dim]{read}[/]"
    )
    return answer


def ask_export(network, folder):
    """Exports a network and asks it in a process of its own."""
    network.export(folder)
    question = next(iter(QUESTIONS_OF_STORY))
    request = json.dumps([os.fspath(folder), STORY, question])
    done = subprocess.run(
        [sys.executable, "-c", ASK_EXPORT, request],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    answer, score = done.stdout.split()
    CONSOLE.print(f"{question}  [bold green]{answer}[/] ({float(score):.2f})")
    own = network.answer(STORY, question)
    if answer != own.text:
        raise RuntimeError(
            f"Expected the export to answer {own.text!r}. Received: {answer!r}"
        )


if __name__ == "__main__":
    app.run(main)
