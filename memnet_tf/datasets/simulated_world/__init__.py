"""Simulated-world question answering (Weston et al. 2014, section 5.2)."""

from memnet_tf.datasets.simulated_world.simulated_world import (
    SimulatedWorld,
    config_name,
)

__all__ = ["SimulatedWorld", "config_name"]
