"""The bAbI question answering tasks (Weston et al. 2015, 1502.05698)."""

from memnet_tf.datasets.babi.babi import Babi, config_name
from memnet_tf.datasets.babi.source import FOLDERS, TASKS

__all__ = ["FOLDERS", "TASKS", "Babi", "config_name"]
