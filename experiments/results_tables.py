"""Writes the README's tables from the committed results.

    python -m experiments.results_tables

A table stands in README.md between `<!-- results: NAME -->` and
`<!-- end -->`; what is between is replaced by the table of
`experiments/results/NAME.json`, with the command, the machine and the time.
After `<!-- results: NAME: METRIC, METRIC! -->` it has these metrics alone, side
by side, of what was measured by each that has an exclamation mark.
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
_PLACE = re.compile(
    r"(<!-- results: (\w+)(?:: ([^>]+))? -->\n).*?(<!-- end -->)", re.DOTALL
)


def block(name, metrics=None):
    """The text of one table; of some metrics, with commas between them."""
    found = json.loads((FOLDER / f"{name}.json").read_text())
    rows, across = found["rows"], "task"
    if metrics is not None:
        wanted = metrics.split(", ")
        order = [metric.rstrip("!") for metric in wanted]
        for metric in order:
            if f"{metric}!" in wanted:
                measured = [
                    _what(row) for row in rows if row["metric"] == metric
                ]
                rows = [row for row in rows if _what(row) in measured]
        rows = [row for row in rows if row["metric"] in order]
        rows.sort(key=lambda row: order.index(row["metric"]))
        across = "metric"
    versions = found["versions"]
    commands = ", ".join(
        f"`{command}`: {seconds / 60:,.0f} minutes"
        for command, seconds in _commands(found).items()
    )
    return (
        f"{results.table(rows, across)}\n\n"
        f"{commands} on {found['machine']}, "
        f"TensorFlow {versions['tensorflow']}, Keras {versions['keras']}.\n"
    )


def _commands(found):
    """The commands that made results, and the seconds that each took."""
    if "command" not in found["rows"][0]:
        return {found["command"]: found["seconds"]}
    commands: dict[str, float] = {}
    for row in found["rows"]:
        command = row["command"]
        commands[command] = commands.get(command, 0) + row.get("seconds", 0)
    return commands


def _what(row):
    """What was measured."""
    return row["model"], row["variant"], row["task"]


def with_tables(text):
    """The README's text with its tables made again."""
    return _PLACE.sub(
        lambda match: match[1] + block(match[2], match[3]) + match[4], text
    )


def main(_):
    text = with_tables(README.read_text())
    with files.replaced(README) as unfinished:
        unfinished.write_text(text)


if __name__ == "__main__":
    app.run(main)
