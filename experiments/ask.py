"""Tell a trained network a story, ask it, and see what it reads.

    python -m experiments.ask --preset=memnn_simulated_world

takes a few seconds to load; `--model=FILE.keras` takes a network of your own.
Beside every sentence stands the share that each hop gave it.
"""

import keras
from absl import app, flags, logging

import memnet_tf.models  # noqa: F401, so that Keras knows them
from experiments.reading import CONSOLE, show
from memnet_tf import presets

PRESET = flags.DEFINE_enum(
    "preset", None, presets.names(), "A network that comes with the library."
)
MODEL = flags.DEFINE_string("model", None, "A .keras file, instead.")


def main(_):
    logging.set_verbosity(logging.WARNING)
    if (PRESET.value is None) == (MODEL.value is None):
        raise app.UsageError("Expected either --preset or --model.")
    if MODEL.value is None:
        network = presets.load(PRESET.value)
        example = presets.card(PRESET.value)["examples"][0]
        CONSOLE.print("It was made for stories such as this one:\n")
        show(network, example["story"], example["question"])
    else:
        network = keras.saving.load_model(MODEL.value)
    talk(network)


def talk(network):
    """Answers what is typed, until an empty line or the end of input."""
    CONSOLE.rule("Your turn")
    CONSOLE.print(
        "A statement a line. A line that ends in '?' is a question. 'forget' "
        "begins a new story; an empty line ends."
    )
    story = []
    for line in _lines():
        if line == "forget":
            story = []
        elif line.endswith("?"):
            show(network, story, line)
        else:
            story.append(line)


def _lines():
    while True:
        try:
            line = CONSOLE.input("> ").strip()
        except EOFError:
            return
        if not line:
            return
        yield line


if __name__ == "__main__":
    app.run(main)
