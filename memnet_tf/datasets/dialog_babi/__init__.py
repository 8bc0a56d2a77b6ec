"""The dialog bAbI tasks (Bordes and Weston 2017, 1605.07683)."""

from memnet_tf.datasets.dialog_babi.dialog_babi import DialogBabi, config_name
from memnet_tf.datasets.dialog_babi.source import TASKS

__all__ = ["TASKS", "DialogBabi", "config_name"]
