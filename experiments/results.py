"""Results, in one form for every driver.

`results.json` holds `command`, `machine`, `versions`, `seconds` and `rows`;
a row is flat: `model`, `variant`, `task`, `metric`, `mean`, `sd`, `n`,
`values` (one a seed or repeat) and, where it makes sense, `best` (chosen on
validation) and `published`.
"""

import importlib.metadata
import json
import os
import pathlib
import platform
import shlex
import statistics
import sys

from memnet_tf import files

_PACKAGES = ("tensorflow", "keras", "numpy", "tensorflow-datasets")


def row(model, variant, task, metric, values, **more):
    """A row of results: the mean and standard deviation of `values`.

    Args:
        model: name of the model.
        variant: what of the model was varied.
        task: what it was measured on.
        metric: what was measured, with its unit where it has one.
        values: one number a seed or repeat.
        **more: `best`, `published`, or other facts about the row.
    """
    values = [float(value) for value in values]
    return {
        "model": model,
        "variant": variant,
        "task": task,
        "metric": metric,
        "mean": statistics.fmean(values),
        "sd": statistics.stdev(values) if len(values) > 1 else 0.0,
        "n": len(values),
        **more,
        "values": values,
    }


def machine():
    """The machine, in words."""
    processor = platform.processor() or platform.machine()
    information = pathlib.Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    cores = (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count()
    )
    return f"{processor}, {cores} cores, {platform.system()}"


def versions(*more):
    """Versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for package in (*_PACKAGES, *more):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def add(output_dir, rows, seconds, packages=(), by=("model", "variant")):
    """Writes results, keeping those of other commands in the folder.

    Every row says which command made it, and the last of a command's rows
    how long that ran.

    Args:
        output_dir: see `write`.
        rows: see `write`; they replace what is alike in all of `by`.
        seconds: see `write`.
        packages: see `write`.
        by: names of parts of a row.

    Returns:
        All rows.
    """
    path = pathlib.Path(output_dir) / "results.json"
    earlier = json.loads(path.read_text()) if path.exists() else {"rows": []}
    new = {tuple(row[part] for part in by) for row in rows}
    kept = [
        row
        for row in earlier["rows"]
        if tuple(row[part] for part in by) not in new
    ]
    made = kept + [{**row, "command": command()} for row in rows]
    made[-1]["seconds"] = round(seconds, 1)
    machines = earlier["machine"].split("; ") if kept else []
    write(
        output_dir,
        made,
        sum(row.get("seconds", 0) for row in made),
        packages,
        machines,
    )
    return made


def write(output_dir, rows, seconds, packages=(), machines=()):
    """Writes `results.json` and a table, `results.md`, each whole or not.

    Args:
        output_dir: the folder to write to.
        rows: rows made by `row`.
        seconds: how long the driver ran.
        packages: further packages whose versions matter.
        machines: other machines that some rows were made on.
    """
    results = {
        "command": command(),
        "machine": "; ".join(dict.fromkeys([*machines, machine()])),
        "versions": versions(*packages),
        "seconds": round(seconds, 1),
        "rows": rows,
    }
    output_dir = pathlib.Path(output_dir)
    with files.replaced(output_dir / "results.json") as unfinished:
        unfinished.write_text(json.dumps(results, indent=1) + "\n")
    with files.replaced(output_dir / "results.md") as unfinished:
        unfinished.write_text(table(rows) + "\n")


def command():
    """The driver's command, but for flags that say where files are."""
    module = sys.modules["__main__"].__spec__
    name = module.name if module else sys.argv[0]
    name = name.removesuffix(".__main__")
    own = ("--output_dir", "--data_dir", "--manual_dir", "--babi_dir")
    flags = [a for a in sys.argv[1:] if not a.startswith(own)]
    return shlex.join(["python", "-m", name, *flags])


def table(rows, across="task"):
    """The rows as a Markdown table: tasks across, models down.

    Args:
        rows: rows made by `row`.
        across: `"task"`; or `"metric"`, where there are few tasks.
    """
    down = ["model", "variant", "metric" if across == "task" else "task"]
    columns = list(dict.fromkeys(row[across] for row in rows))
    by_line = {}
    for row in rows:
        line = tuple(row[name] for name in down)
        by_line.setdefault(line, {})[row[across]] = row
    lines = [[*down, *columns]]
    lines.append(["---"] * 3 + ["---:"] * len(columns))
    for line, cells in by_line.items():
        lines.append([*line, *(_cell(cells.get(name)) for name in columns)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(row):
    if row is None:
        return ""
    # 99.9 % is told from 100, 0.98 of recall from 1, and 0.15 ms from 0.2.
    size = abs(row["mean"])
    digits = 0 if size >= 1000 else 1 if size >= 10 or not size else 2
    digits = 3 if 0 < size < 1 else digits
    cell = f"{row['mean']:,.{digits}f}"
    if row["n"] > 1:
        cell += f" ± {row['sd']:,.{digits}f}"
    if row.get("published") is not None:
        published = row["published"]
        cell += (
            f" ({published:,})" if published >= 1000 else f" ({published:g})"
        )
    return cell
