"""Losses and callbacks for training memory networks."""

from memnet_tf.training.linear_start import LinearStart
from memnet_tf.training.losses import MarginRanking, PairwiseMarginRanking

__all__ = ["LinearStart", "MarginRanking", "PairwiseMarginRanking"]
