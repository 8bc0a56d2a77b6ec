"""The numbered folders that TensorFlow Serving loads models from."""

import errno
import os
import pathlib

from memnet_tf import files


def write_version(network, output_dir, complete=None, **options):
    """Exports a network as the next version in `output_dir`.

    The SavedModel is written beside and takes its number, one above the
    highest there is, when it is whole and checked: a server that watches
    the folder never sees an unfinished one. Versions are never overwritten,
    also not where several are written at the same time.

    Args:
        network: a `MemoryNetwork`.
        output_dir: the folder of the versions.
        complete: function of the unfinished folder, and of what the export
            returned, that adds what else belongs to the version, and raises
            where it is not to become one.
        **options: further arguments of the network's `export`.

    Returns:
        The path of the version, `output_dir/1` at first.
    """
    output_dir = pathlib.Path(output_dir)
    with files.beside(output_dir / "version") as unfinished:
        exported = network.export(unfinished, **options)
        if complete is not None:
            complete(unfinished, exported)
        return _take_number(unfinished, output_dir)


def _take_number(unfinished, output_dir):
    taken = (path.name for path in output_dir.iterdir())
    number = max((int(name) for name in taken if name.isdecimal()), default=0)
    while True:
        number += 1
        version = output_dir / str(number)
        try:
            os.rename(unfinished, version)
        except OSError as error:  # another took the number
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        else:
            return version
