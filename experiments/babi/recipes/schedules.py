"""What changes between epochs of a training."""

import keras


class Halve(keras.callbacks.Callback):
    """Sets the learning rate of every epoch.

    Args:
        learning_rate: of SGD, at first.
        every: epochs after which it is halved, again and again.
        first: epochs, of linear start or of a curriculum, which come before
            and do not count.
    """

    def __init__(self, learning_rate, every, first=0):
        super().__init__()
        self.learning_rate = learning_rate
        self.every = every
        self.first = first

    def on_epoch_begin(self, epoch, logs=None):
        times = max(epoch - self.first, 0) // self.every
        self.model.optimizer.learning_rate = self.learning_rate * 0.5**times
