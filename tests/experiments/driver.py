"""A driver, run as a person runs it."""

import os
import subprocess
import sys


def run(module, *flags, **options):
    """What a driver printed and returned, with its flags."""
    return subprocess.run(
        [sys.executable, "-m", module, *flags],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        timeout=400,
        **options,
    )
