"""Runs the commands of docs/serving.md, as one who reads it would."""

import os
import pathlib
import re
import socket
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "docs" / "serving.md"
_BLOCK = re.compile(
    r"```(sh|python)\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL
)
_MARK = "@@@ block"


def blocks():
    """Language, commands and what they are said to print, of each block."""
    return _BLOCK.findall(PAGE.read_text())


def run(folder):
    """What each block prints, run in order by one shell in `folder`."""
    script = ["set -euo pipefail"]
    for language, commands, _ in blocks():
        script.append(f"echo '{_MARK}'")
        if language == "python":
            commands = f"python - <<'END'\n{commands}END\n"
        script.append(commands)
    ports = {"8500": str(_free_port()), "8501": str(_free_port())}
    text = "\n".join(script)
    text = re.sub("850[01]", lambda port: ports[port[0]], text)
    serve = "python -m export.serve"
    flags = f"--grpc_port={ports['8500']} --rest_port={ports['8501']}"
    done = subprocess.run(
        ["bash", "-c", text.replace(serve, f"{serve} {flags}")],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=240,
        env={
            **os.environ,
            "PATH": f"{pathlib.Path(sys.executable).parent}:"
            + os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONUNBUFFERED": "1",
        },
    )
    printed = done.stdout
    for port, other in ports.items():
        printed = printed.replace(other, port)
    if done.returncode:
        raise RuntimeError(f"{printed[-2000:]}\n{done.stderr[-3000:]}")
    return [part.lstrip("\n") for part in printed.split(_MARK)[1:]]


def _free_port():
    with socket.socket() as found:
        found.bind(("localhost", 0))
        return found.getsockname()[1]
