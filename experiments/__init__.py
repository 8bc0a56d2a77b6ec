"""Experiment drivers: one question each, run as `python -m experiments.x`."""
