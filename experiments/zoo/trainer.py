"""Trains a network of the zoo, with one seed after the other."""

import keras

from experiments import runs
from experiments.addressing import data
from experiments.babi import data as babi
from memnet_tf import training

BATCH_SIZE = 32
RATES = 0.001, 0.003, 0.01  # of Adam, one of which a network gets
LINEAR_START = 1 / 3  # of a training


class Texts:
    """Tasks as text, the latest kept.

    Args:
        data_dir: folder of prepared data.
        manual_dir: folder of bAbI's folder or archive.
    """

    def __init__(self, data_dir, manual_dir):
        self.folders = data_dir, manual_dir
        self._kept = None, None

    def __call__(self, task):
        """A dict of `(x, y)` by split; see `addressing.data.load`."""
        if self._kept[0] != task:
            self._kept = task, data.load(task, *self.folders)
        return self._kept[1]


class Trainer(runs.Trainer):
    """Trains an entry on a task, whatever the seed.

    Args:
        entry: a `networks.Entry`.
        rate: the learning rate of Adam at first; it falls as a cosine.
        task: one of `addressing.data.TASKS`.
        steps: steps of a training, of `BATCH_SIZE` questions.
        texts: a `Texts`.
        store: a `runs.Runs`.
    """

    def __init__(self, entry, rate, task, steps, texts, store):
        name = entry.name, entry.variant, data.name(task), f"rate {rate}"
        super().__init__(entry, name, store)
        self.rate = rate
        self.task = task
        self.steps = steps
        self.texts = texts

    def prepare(self):
        splits = self.texts(self.task)
        self.network = self.recipe.build(*babi.sizes({self.task: splits}))
        self.network.compile(
            keras.optimizers.Adam(
                keras.optimizers.schedules.CosineDecay(self.rate, self.steps),
                global_clipnorm=40.0,
            )
        )
        encoded = babi.encode(
            self.network, {self.task: splits}, self.recipe.support
        )
        self.data = {
            split: tasks[self.task] for split, tasks in encoded.items()
        }
        count = len(self.data["train"][0]["question"])
        self.epochs = max(round(self.steps * BATCH_SIZE / count), 2)

    def callbacks(self):
        if not self.recipe.linear_start:
            return []
        epochs = max(round(self.epochs * LINEAR_START), 1)
        return [training.LinearStart(patience=epochs, epochs=epochs)]

    def fit(self, run, seed, callbacks):
        return self.store.train(
            self.network,
            *self.data["train"],
            self._evaluate,
            *run,
            callbacks=callbacks,
            validation_data=self.data["validation"],
            validation_batch_size=1000,
            batch_size=BATCH_SIZE,
            epochs=self.epochs,
        )

    def _evaluate(self, network):
        """Errors in percent, and the weights of the network."""
        errors = {
            split: 100
            * (
                1
                - network.evaluate(
                    *self.data[split],
                    batch_size=1000,
                    verbose=0,
                    return_dict=True,
                )["accuracy"]
            )
            for split in ("validation", "test")
        }
        return {**errors, "parameters": network.count_params()}
