"""tensorflow-datasets builders of stories, questions and answers."""

from memnet_tf.datasets.simulated_world import SimulatedWorld
from memnet_tf.datasets.stories import load

__all__ = ["SimulatedWorld", "load"]
