"""MetaQA: questions of films and a knowledge base (Zhang et al. 2018)."""

from memnet_tf.datasets.metaqa.metaqa import MetaQa, config_name
from memnet_tf.datasets.metaqa.text import Question, load

__all__ = ["MetaQa", "Question", "config_name", "load"]
