"""Losses, metrics and callbacks for training memory networks."""

from memnet_tf.training.index_refresh import IndexRefresh
from memnet_tf.training.linear_start import LinearStart
from memnet_tf.training.losses import (
    AnyAnswer,
    MarginRanking,
    PairwiseMarginRanking,
    WordCrossEntropy,
    word_cross_entropy,
)
from memnet_tf.training.memory_usage import MemoryUsage
from memnet_tf.training.metrics import HitsAtOne, SentenceAccuracy
from memnet_tf.training.mixture import Mixture
from memnet_tf.training.mixture_trainer import MixtureTrainer
from memnet_tf.training.resume import Resume
from memnet_tf.training.table_clipped_sgd import TableClippedSGD

__all__ = [
    "AnyAnswer",
    "HitsAtOne",
    "IndexRefresh",
    "LinearStart",
    "MarginRanking",
    "MemoryUsage",
    "Mixture",
    "MixtureTrainer",
    "PairwiseMarginRanking",
    "Resume",
    "SentenceAccuracy",
    "TableClippedSGD",
    "WordCrossEntropy",
    "word_cross_entropy",
]
