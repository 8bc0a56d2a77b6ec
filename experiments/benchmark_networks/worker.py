"""What is measured, each in a process of its own."""

import importlib

FIT = "fit"
TORCH = "torch eager"
MODULES = {FIT: "keras_fit", TORCH: "torch_eager"}


def trainer(variant, setting, batch_size, examples):
    """The trainer of a variant, a network and how it is trained."""
    name, way = variant
    module = importlib.import_module(f"{__package__}.{MODULES[way]}")
    return module.Trainer(name, setting, batch_size, examples)
