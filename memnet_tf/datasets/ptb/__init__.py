"""The Penn Treebank as text for language models (Mikolov et al. 2010)."""

from memnet_tf.datasets.ptb.ptb import Ptb
from memnet_tf.datasets.ptb.sentences import load

__all__ = ["Ptb", "load"]
