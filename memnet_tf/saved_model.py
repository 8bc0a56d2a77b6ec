"""A network's signatures as a SavedModel."""

import os
import pathlib

import keras

from memnet_tf import files


def write_saved_model(network, filepath, verbose=False):
    """Writes the network as a SavedModel with its signatures.

    Built by `ExportArchive`: saving an object that holds a Keras model by
    `tf.saved_model.save` gives a folder that Python loads and TF Serving
    does not.

    Args:
        network: a network with `signatures`, such as a `MemoryNetwork`.
        filepath: the folder. It appears, or replaces an earlier SavedModel,
            when it is whole.
        verbose: whether to print the signatures.

    Raises:
        ValueError: `filepath` is a folder of other things.
    """
    write(filepath, network.layers, network.signatures(), verbose=verbose)


def write(filepath, layers, signatures, extra=None, verbose=False):
    """Writes signatures as a SavedModel: see `write_saved_model`.

    Args:
        filepath: the folder.
        layers: the layers that the signatures use, all of them built.
        signatures: a dict of `Signature`s by name.
        extra: texts by the name of a file, written to `assets.extra`.
        verbose: whether to print the signatures.
    """
    expect_replaceable(filepath)
    archive = keras.export.ExportArchive()
    for layer in layers:
        archive.track(layer)
    for name, signature in signatures.items():
        archive.add_endpoint(
            name, signature.function, input_signature=signature.inputs
        )
    with files.replaced(filepath) as unfinished:
        archive.write_out(os.fspath(unfinished), verbose=verbose)
        for name, content in (extra or {}).items():
            file = unfinished / "assets.extra" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(content)


def expect_replaceable(filepath):
    """Checks that a SavedModel written here replaces nothing else.

    Raises:
        ValueError: `filepath` is a folder of other things.
    """
    held = {path.name for path in pathlib.Path(filepath).glob("*")}
    if held and "saved_model.pb" not in held:
        raise ValueError(
            "Expected `filepath` to be a new folder, or a SavedModel to "
            f"replace. Received a folder of other things: {filepath}"
        )
