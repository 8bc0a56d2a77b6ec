"""The server as a process of its own."""

import contextlib
import os
import re
import subprocess
import sys
from typing import NamedTuple


class Process(NamedTuple):
    """A running server; `grpc_port` and `rest_port` as `Server` has them."""

    process: subprocess.Popen
    grpc_port: int
    rest_port: int


@contextlib.contextmanager
def serving(folder, log, *arguments):
    """Runs `python -m export.serve`; its log goes to the file `log`."""
    command = [sys.executable, "-m", "export.serve", "--grpc_port=0"]
    command += ["--rest_port=0", f"--model=memn2n={folder}", *arguments]
    with (
        open(log, "w") as errors,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        ) as process,
    ):
        try:
            line = process.stdout.readline()
            ports = re.findall(r":(\d+)", line)
            assert len(ports) == 2, (line, log.read_text())
            assert "not TensorFlow Serving" in line
            yield Process(process, *map(int, ports))
        finally:
            process.kill()
