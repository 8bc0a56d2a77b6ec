"""Losses and callbacks for training memory networks."""

from memnet_tf.training.linear_start import LinearStart
from memnet_tf.training.losses import MarginRanking, PairwiseMarginRanking
from memnet_tf.training.resume import Resume

__all__ = ["LinearStart", "MarginRanking", "PairwiseMarginRanking", "Resume"]
