"""Writes the README's tables from the committed results.

    python -m experiments.results_tables

A table stands in README.md between `<!-- results: NAME -->` and
`<!-- end -->`; what is between is replaced by the table of
`experiments/results/NAME.json`, with the command, the machine and the time.
"""

import json
import pathlib
import re

from absl import app

from experiments import results
from memnet_tf import files

ROOT = pathlib.Path(__file__).parents[1]
README = ROOT / "README.md"
FOLDER = ROOT / "experiments" / "results"
_PLACE = re.compile(r"(<!-- results: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def block(name):
    """The text of one table."""
    found = json.loads((FOLDER / f"{name}.json").read_text())
    versions = found["versions"]
    minutes = found["seconds"] / 60
    return (
        f"{results.table(found['rows'])}\n\n"
        f"`{found['command']}`: {minutes:,.0f} minutes on {found['machine']}, "
        f"TensorFlow {versions['tensorflow']}, Keras {versions['keras']}.\n"
    )


def with_tables(text):
    """The README's text with its tables made again."""
    return _PLACE.sub(lambda match: match[1] + block(match[2]) + match[3], text)


def main(_):
    text = with_tables(README.read_text())
    with files.replaced(README) as unfinished:
        unfinished.write_text(text)


if __name__ == "__main__":
    app.run(main)
