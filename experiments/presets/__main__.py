"""Makes the presets: trained networks that come with the library.

    python -m experiments.presets --output_dir=memnet_tf/presets \\
        --babi_dir=output/babi --manual_dir=data

writes a `.keras` file for each, below a megabyte, and `registry.json`. Those
of the simulated world are trained here, in a minute each on 2 cores: expect
99% or more of the test questions answered right. Those of bAbI are taken from
`--babi_dir`, where `experiments.babi` trained them, `--training=joint`: MemN2N
on 1k questions a task, the two-reader network on 10k. Of their seeds it is the
one with the fewest validation errors, measured anew in a minute or two; expect
the errors of `experiments.babi`, which is to have written its results of all
seeds there are (once more, if they were trained apart; it trains none again).
Where there is no such training, or bAbI is not at hand, a preset is left as it
is, and the reason is printed.
"""

import json
import pathlib

from absl import app, flags, logging

from experiments import runs
from experiments.presets import babi, card, simulated_world
from memnet_tf import files

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "output/presets", "Folder of the presets."
)
DATA_DIR = flags.DEFINE_string(
    "data_dir", "output/presets/data", "Folder of prepared data."
)
BABI_DIR = flags.DEFINE_string(
    "babi_dir", "output/babi", "Folder that experiments.babi wrote."
)
MANUAL_DIR = flags.DEFINE_string(
    "manual_dir", "data", "Folder of bAbI's folder or archive."
)
ONLY = flags.DEFINE_multi_enum(
    "only",
    [],
    [*simulated_world.PRESETS, *babi.PRESETS],
    "Presets to make; all if not given.",
)
EPOCHS = flags.DEFINE_integer(
    "epochs", None, "Epochs of every training here, instead of its own."
)


def make(name):
    """The network of a preset, and its card."""
    if name in babi.PRESETS:
        return babi.make(name, BABI_DIR.value, DATA_DIR.value, MANUAL_DIR.value)
    return simulated_world.make(name, DATA_DIR.value, EPOCHS.value)


def main(_):
    logging.set_verbosity(logging.WARNING)
    output_dir = pathlib.Path(OUTPUT_DIR.value)
    path = output_dir / "registry.json"
    registry = json.loads(path.read_text()) if path.exists() else {}
    names = ONLY.value or [*simulated_world.PRESETS, *babi.PRESETS]
    with runs.progress_bar() as progress:
        bar = progress.add_task("", total=len(names))
        for name in names:
            progress.update(bar, description=name)
            try:
                network, about = make(name)
            except FileNotFoundError as error:
                print(f"{name} is left as it is. {error}")
            else:
                file = output_dir / f"{name}.keras"
                registry[name] = {
                    "file": file.name,
                    "sha256": card.write(network, file),
                    "card": about,
                }
                with files.replaced(path) as unfinished:
                    unfinished.write_text(json.dumps(registry, indent=1) + "\n")
                print(name, about["figures"])
            progress.advance(bar)


if __name__ == "__main__":
    app.run(main)
