"""SimpleQuestions: questions of one triple each (Bordes et al. 2015)."""

from memnet_tf.datasets.simple_questions.simple_questions import (
    SimpleQuestions,
)
from memnet_tf.datasets.simple_questions.text import load

__all__ = ["SimpleQuestions", "load"]
