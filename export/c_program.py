"""Builds `answer.c`, which runs a SavedModel without Python.

Command, half a minute:

    python -m export.c_program models/memn2n/1 build

It builds `build/answer` and prints a command to copy: the program, the
SavedModel and the tensors of `serving_default`. With `repeat=1000` before the
SavedModel it also tells the mean microseconds of a request. For Linux, with a
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


def signatures(saved_model):
    """The signatures of a SavedModel by name: protos of types and tensors."""
    proto = saved_model_pb2.SavedModel()
    path = pathlib.Path(saved_model) / "saved_model.pb"
    proto.ParseFromString(path.read_bytes())
    return {
        name: signature
        for name, signature in proto.meta_graphs[0].signature_def.items()
        if not name.startswith("__")
    }


def signature(saved_model, name):
    """A signature of a SavedModel.

    Raises:
        ValueError: there is none of that name.
    """
    found = signatures(saved_model)
    if name not in found:
        raise ValueError(
            f"Expected a signature of {saved_model}: {sorted(found)}. "
            f"Received: {name!r}"
        )
    return found[name]


def command(program, saved_model, name="serving_default", options=()):
    """The command, a list, that runs the program on a SavedModel.

    Args:
        program: the path that `build` returned.
        saved_model: the folder of the SavedModel.
        name: of the signature.
        options: of the program, such as `["repeat=1000"]`.
    """
    found = signature(saved_model, name)
    return [
        os.fspath(program),
        *options,
        os.fspath(saved_model),
        *_tensors(found.inputs),
        "--",
        *_tensors(found.outputs),
    ]


def _tensors(tensors):
    return [f"{name}={tensors[name].name}" for name in sorted(tensors)]


def replies(program, saved_model, requests, name="serving_default", options=()):
    """What the program replies to `requests`, one by one.

    Args:
        program: the path that `build` returned.
        saved_model: the folder of the SavedModel.
        requests: a list of dicts, for every input of the signature an array
            of any batch; texts are bytes without tabs and line ends.
        name: of the signature.
        options: see `command`.

    Returns:
        A dict of arrays for each request, by the names of the outputs. With
        `repeat` among the options it also has `microseconds`, the mean time
        of a run.

    Raises:
        ValueError: a text has a tab or a line end.
        RuntimeError: the program failed.
    """
    types = {
        output: tf.dtypes.as_dtype(tensor.dtype).as_numpy_dtype
        for output, tensor in signature(saved_model, name).outputs.items()
    }
    ran = subprocess.run(
        command(program, saved_model, name, options),
        input=b"".join(map(_written, requests)),
        capture_output=True,
    )
    if ran.returncode:
        raise RuntimeError(f"{program} failed: {ran.stderr.decode()}")
    return [_read(block, types) for block in ran.stdout.split(b"\n\n")[:-1]]


def _written(request):
    """A request as lines of the program's stdin."""
    lines = []
    for name, value in request.items():
        value = np.asarray(value)
        shape = ",".join(map(str, value.shape))
        cells = [_cell(cell) for cell in value.ravel().tolist()]
        lines.append(b"\t".join([name.encode(), shape.encode(), *cells]))
    return b"".join(line + b"\n" for line in [*lines, b""])


def _cell(value):
    if not isinstance(value, bytes):
        return repr(int(value) if isinstance(value, bool) else value).encode()
    if b"\t" in value or b"\n" in value:
        raise ValueError(
            f"Expected texts without tabs and line ends. Received: {value!r}"
        )
    return value


def _read(block, types):
    """A reply of the program, by name."""
    reply = {}
    for line in block.split(b"\n"):
        name, shape, *cells = line.split(b"\t")
        kind = types.get(name.decode(), "float32")
        values = np.array(cells, object)
        if kind is np.bool_:
            values = values == b"1"
        values = values.astype(kind)
        sizes = [int(size) for size in shape.split(b",") if size]
        reply[name.decode()] = values.reshape(sizes)
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
    request = {
        "story": [[b"John went to the garden"]],
        "question": [b"Where is John?"],
    }
    line = shlex.join(command(build(folder), saved_model))
    print(f"printf {shlex.quote(_printed(request))} | {line}")


def _printed(request):
    """A request as the format of printf."""
    text = _written(request).decode()
    return text.replace("\t", "\\t").replace("\n", "\\n")


if __name__ == "__main__":
    app.run(main)
