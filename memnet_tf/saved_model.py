"""A network's signatures as a SavedModel."""

import os
import pathlib
from typing import NamedTuple

import keras

from memnet_tf import files
from memnet_tf.layers.retrieval import flavours


class Exported(NamedTuple):
    """What was written.

    Attributes:
        signatures: the dict of `Signature`s by name. Their functions reply
            as those of the SavedModel are to.
        flavour: the `flavours.Flavour` of the memory inside; None if there
            is none.
    """

    signatures: dict
    flavour: flavours.Flavour | None


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

    Returns:
        An `Exported`.

    Raises:
        ValueError: `filepath` is a folder of other things.
    """
    return write(
        filepath, network.layers, network.signatures(), verbose=verbose
    )


def write(filepath, layers, signatures, flavour=None, verbose=False):
    """Writes signatures as a SavedModel: see `write_saved_model`.

    Args:
        filepath: the folder.
        layers: the layers that the signatures use, all of them built.
        signatures: a dict of `Signature`s by name.
        flavour: the `flavours.Flavour` of the memory inside, if there is
            one; what it needs is written to `assets.extra`.
        verbose: whether to print the signatures.

    Returns:
        An `Exported`.
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
        if flavour is not None and flavour.requirements:
            folder = unfinished / "assets.extra"
            folder.mkdir(exist_ok=True)
            text = flavours.requirements_file(flavour)
            (folder / "requirements.txt").write_text(text)
    return Exported(signatures, flavour)


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
