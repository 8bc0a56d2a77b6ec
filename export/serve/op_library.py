"""ScaNN's ops, for a SavedModel that says that it needs them."""

import pathlib

_REQUIREMENTS = pathlib.Path("assets.extra", "requirements.txt")


def load_op_library(folder):
    """Loads the library of ScaNN's ops where a SavedModel's requirements say.

    Args:
        folder: the SavedModel.

    Raises:
        ImportError: it is not installed, or does not fit TensorFlow; the
            message says what to install.
    """
    path = pathlib.Path(folder) / _REQUIREMENTS
    if not path.exists():
        return
    lines = path.read_text().splitlines()
    if not any(line.startswith("scann==") for line in lines):
        return
    # Imports Keras, which other models do not need.
    from memnet_tf.layers.retrieval.scann_library import scann_library

    try:
        scann_library()
    except ImportError as error:
        packages = [line for line in lines if line and line[0] != "#"]
        raise ImportError(
            f"The model needs {' '.join(packages)}: install them and start "
            f"the server again. {error}"
        ) from error
