"""tensorflow-datasets builders of stories with questions, and of text."""

from memnet_tf.datasets.babi import Babi
from memnet_tf.datasets.dialog_babi import DialogBabi
from memnet_tf.datasets.metaqa import MetaQa
from memnet_tf.datasets.ptb import Ptb
from memnet_tf.datasets.simple_questions import SimpleQuestions
from memnet_tf.datasets.simulated_world import SimulatedWorld
from memnet_tf.datasets.stories import load

__all__ = [
    "Babi",
    "DialogBabi",
    "MetaQa",
    "Ptb",
    "SimpleQuestions",
    "SimulatedWorld",
    "load",
]
