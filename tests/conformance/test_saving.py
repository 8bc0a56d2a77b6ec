import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.conformance.registry import ENTRIES, Alone, made


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A folder of what each entry gives in a new process, and here."""
    folder = tmp_path_factory.mktemp("saved")
    here = {}
    for name, entry in ENTRIES.items():
        model = layer = made(name)
        here[name] = keras.tree.flatten(layer(**entry.inputs))
        if not isinstance(layer, keras.Model):
            model = Alone(layer)
            model(entry.inputs)
        model.save(folder / f"{name}.keras")
    subprocess.run(
        [sys.executable, "-m", "tests.conformance.load_saved", str(folder)],
        check=True,
    )
    return folder, here


@pytest.mark.parametrize("name", ENTRIES)
def test_a_new_process_loads_the_same_outputs(loaded, name):
    folder, here = loaded
    with np.load(folder / f"{name}.npz") as there:
        assert len(there.files) == len(here[name])
        for expected, key in zip(here[name], there.files, strict=True):
            np.testing.assert_allclose(there[key], expected, atol=1e-6)
