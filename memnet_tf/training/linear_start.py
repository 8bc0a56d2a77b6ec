"""Linear start: train first without the softmax."""

import keras


class LinearStart(keras.callbacks.Callback):
    """Puts the softmax back when validation stops falling.

    Linear start of Sukhbaatar et al. 2015, section 4.1: the model begins
    with addresses that are the bare scores (`linear_start=True`), and gets
    its addressing back once the watched value has not fallen for
    `patience` epochs, or after `epochs`.

    Args:
        monitor: the value in the logs to watch.
        patience: epochs without a fall before the switch.
        epochs: epochs at most; None for no limit.
        learning_rate: learning rate after the switch; None to keep it.
    """

    def __init__(
        self, monitor="val_loss", patience=1, epochs=None, learning_rate=None
    ):
        super().__init__()
        self.monitor = monitor
        self.patience = patience
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.best = float("inf")
        self.waited = 0

    def on_train_begin(self, logs=None):
        if getattr(self.model.output_map, "linear", None) is None:
            raise ValueError(
                "Expected a model with linear_start=True. Received: "
                f"{self.model.name}, which has no switch to turn"
            )

    @property
    def started(self):
        """Whether the model still trains without its addressing."""
        return bool(self.model.output_map.linear.numpy() > 0)

    def on_epoch_end(self, epoch, logs=None):
        if not self.started:
            return
        value = (logs or {}).get(self.monitor)
        if value is None and self.epochs is None:
            raise ValueError(
                f"Expected the logs to hold `monitor` {self.monitor!r}. "
                f"Received: {sorted(logs or {})}"
            )
        if value is not None:
            self.waited = 0 if value < self.best else self.waited + 1
            self.best = min(self.best, value)
        if self.waited >= self.patience or epoch + 1 == self.epochs:
            self.model.output_map.linear.assign(0.0)
            if self.learning_rate is not None:
                self.model.optimizer.learning_rate = self.learning_rate
