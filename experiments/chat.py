"""Book a table: a conversation with a network trained on dialog bAbI.

    python -m experiments.chat --manual_dir=data \\
        --model=output/dialog_babi/runs/MemN2N/with_match_types/task_5/seed_0.keras

takes a few seconds to load a network that `experiments.dialog_babi` has
trained. API calls are shown with what the knowledge base of `--task` returns,
which the network then reads. An empty line says nothing, as when the bot is to
go on; "quit" ends.
"""

import keras
from absl import app, flags, logging

import memnet_tf.models  # noqa: F401, so that Keras knows them
from experiments.dialog_babi.conversation import Conversation, read_triples
from experiments.reading import CONSOLE
from memnet_tf.datasets.dialog_babi import source

MODEL = flags.DEFINE_string("model", None, "A .keras file.", required=True)
MANUAL_DIR = flags.DEFINE_string(
    "manual_dir", "data", "Folder of dialog bAbI's folder or archive."
)
TASK = flags.DEFINE_integer(
    "task", 5, "The task of the network.", lower_bound=1, upper_bound=6
)


def main(_):
    logging.set_verbosity(logging.WARNING)
    name = source.knowledge_base_name(TASK.value)
    knowledge = read_triples(source.read(MANUAL_DIR.value, [name])[name])
    network = keras.saving.load_model(MODEL.value)
    talk(Conversation(network, knowledge))


def talk(conversation):
    """Replies to what is typed, until "quit" or the end of input."""
    CONSOLE.print("An empty line says nothing; 'quit' ends.")
    while True:
        try:
            text = CONSOLE.input("[bold]you:[/] ").strip()
        except EOFError:
            return
        if text == "quit":
            return
        reply, returned = conversation.reply(text)
        color = "yellow" if returned else "green"
        CONSOLE.print("bot: ", end="", style="bold")
        CONSOLE.print(reply, style=color, markup=False, highlight=False)
        for sentence in returned:
            CONSOLE.print(f"  {sentence}", style="dim", highlight=False)


if __name__ == "__main__":
    app.run(main)
