"""Builds `answer.c`, which answers with a SavedModel and without Python.

Command, half a minute:

    python -m export.c_program models/memn2n/1 build

It builds `build/answer` and prints a command to copy: the program, the
SavedModel and the tensors of its signature. With `repeat=1000` among the
arguments it also tells the mean microseconds of a request. For Linux, with a
C compiler and TensorFlow's wheel installed.
"""

import os
import pathlib
import shlex
import shutil
import subprocess

import numpy as np
import tensorflow as tf
from absl import app
from tensorflow.core.protobuf import saved_model_pb2

_SOURCE = pathlib.Path(__file__).with_name("answer.c")
_LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")


class CannotBuildError(RuntimeError):
    """There is no C compiler here, or no library to link with."""


def build(folder):
    """Compiles the program into `folder` and returns its path.

    The compiler is the environment's `CC`, or the first there is of cc, gcc
    and clang.

    Raises:
        CannotBuildError: something is missing; the message says what.
        RuntimeError: the compiler failed.
    """
    libraries = pathlib.Path(tf.sysconfig.get_lib())
    for name in _LIBRARIES:
        if not (libraries / name).exists():
            raise CannotBuildError(f"Expected {name} in {libraries}")
    program = pathlib.Path(folder) / "answer"
    command = [
        *_compiler(),
        *("-std=c11", "-O2", "-Wall", "-Wextra"),
        *(os.fspath(_SOURCE), "-o", os.fspath(program)),
        *(f"-I{tf.sysconfig.get_include()}", f"-L{libraries}"),
        *(f"-l:{name}" for name in _LIBRARIES),
        f"-Wl,-rpath,{libraries}",
    ]
    program.parent.mkdir(parents=True, exist_ok=True)
    built = subprocess.run(command, capture_output=True, text=True)
    if built.returncode:
        raise RuntimeError(f"{shlex.join(command)} failed: {built.stderr}")
    return program


def command(program, saved_model, repeat=0):
    """The command, a list, that runs the program on a SavedModel."""
    proto = saved_model_pb2.SavedModel()
    path = pathlib.Path(saved_model) / "saved_model.pb"
    proto.ParseFromString(path.read_bytes())
    signature = proto.meta_graphs[0].signature_def["serving_default"]
    return [
        os.fspath(program),
        os.fspath(saved_model),
        *([f"repeat={repeat}"] if repeat else []),
        *(
            f"{name}={tensor.name}"
            for tensors in (signature.inputs, signature.outputs)
            for name, tensor in sorted(tensors.items())
        ),
    ]


def replies(program, saved_model, requests, repeat=0):
    """What the program replies to `requests`, one by one.

    Args:
        program: the path that `build` returned.
        saved_model: the folder of the SavedModel.
        requests: pairs of a story, a list of bytes, and a question, bytes;
            without tabs and line ends.
        repeat: how often to run each request again to time it.

    Returns:
        A dict for each request: see `check.session`. With `repeat` it also
        has `microseconds`, the mean time of a run.
    """
    lines = [b"\t".join([question, *story]) for story, question in requests]
    for line, (story, _) in zip(lines, requests, strict=True):
        if b"\n" in line or line.count(b"\t") != len(story):
            raise ValueError(
                "Expected requests without tabs and line ends. "
                f"Received: {line!r}"
            )
    ran = subprocess.run(
        command(program, saved_model, repeat),
        input=b"".join(line + b"\n" for line in lines),
        capture_output=True,
    )
    if ran.returncode:
        raise RuntimeError(f"{program} failed: {ran.stderr.decode()}")
    blocks = ran.stdout.split(b"\n\n")[:-1]
    return [
        _reply(block, len(story))
        for block, (story, _) in zip(blocks, requests, strict=True)
    ]


def _reply(block, sentences):
    rows = [line.split(b"\t") for line in block.split(b"\n")]
    reply = {name.decode(): values for name, *values in rows}
    for name in ("score", "scores", "attention", "microseconds"):
        if name in reply:
            reply[name] = np.array(reply[name], "float32")
    hops = len(reply["support"])
    reply["attention"] = reply["attention"].reshape(hops, sentences)
    for name in ("answer", "score"):
        reply[name] = reply[name][0]
    return reply


def _compiler():
    named = os.environ.get("CC")
    for name in (named,) if named else ("cc", "gcc", "clang"):
        words = shlex.split(name)
        if shutil.which(words[0]):
            return words
    raise CannotBuildError(
        "Expected a C compiler: cc, gcc, clang or what CC names. "
        f"Received: CC={named!r}"
    )


def main(argv):
    if len(argv) != 3:
        raise app.UsageError("Expected a SavedModel and a folder to build in")
    _, saved_model, folder = argv
    line = shlex.join(command(build(folder), saved_model))
    print(f"printf 'Where is John?\\tJohn went to the garden\\n' | {line}")


if __name__ == "__main__":
    app.run(main)
