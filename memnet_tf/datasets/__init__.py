"""tensorflow-datasets builders of stories, questions and answers."""

from memnet_tf.datasets.babi import Babi
from memnet_tf.datasets.dialog_babi import DialogBabi
from memnet_tf.datasets.simulated_world import SimulatedWorld
from memnet_tf.datasets.stories import load

__all__ = ["Babi", "DialogBabi", "SimulatedWorld", "load"]
