"""Training on several tasks at once, more of what is not yet learned."""

import math

import keras
import numpy as np
import tensorflow as tf

_MEASURED = 200  # examples of a task and length that its share is set by


class MixtureTrainer:
    """Trains and measures a network on `Mixture`s of tasks.

    Every step is compiled by XLA for the length of its stories; compiled
    steps serve all later trainings of the network, with other seeds too.

    Args:
        network: a compiled `MemoryNetwork`.
        batch_size: examples a step, and of stories longer than `long` half
            as many.
        long: sentences.

    Example:

    ```
    trainer = MixtureTrainer(network)
    trainer.fit(mixture, epochs=100, steps=500, callbacks=[resume])
    errors = trainer.errors(test_mixture)
    ```
    """

    def __init__(self, network, batch_size=64, long=50):
        self.network = network
        self.batch_size = batch_size
        self.long = long
        self._steps: dict = {}  # a compiled step for every length of story
        self._predictions: dict = {}

    def fit(
        self,
        mixture,
        validation=None,
        epochs=1,
        steps=None,
        seed=0,
        by_loss=True,
        least=0.1,
        most=0.35,
        curriculum=(),
        initial_epoch=0,
        callbacks=(),
    ):
        """Trains, drawing tasks in proportion to their loss, or all alike.

        As with Keras' `fit`, an optimizer that averages weights (`use_ema`)
        leaves the averages in the network, and `SwapEMAWeights` measures them
        in validation.

        Args:
            mixture: a `Mixture`.
            validation: a `Mixture`; with it logs hold `val_accuracy`, the
                mean over its tasks.
            epochs: epochs, after each of which losses are measured anew.
            steps: batches an epoch; if None, as many as it takes to draw
                each example once on average.
            seed: of what is drawn. An epoch's draws depend on it and the
                epoch alone, so that a training that was interrupted goes on
                as it would have.
            by_loss: whether a task is drawn by its loss.
            least: share that a task has at least, as a fraction of an equal
                share.
            most: share that a task has at most, of all.
            curriculum: what the first epochs are of, short stories: pairs of
                a number of epochs and of the sentences of their stories at
                most (`Mixture.up_to`), one after the other. Where a network
                has to find several sentences, it does so in short stories
                sooner.
            initial_epoch: epochs that are done.
            callbacks: callbacks of Keras; their logs hold `loss` and
                `accuracy` of what was drawn.
        """
        network = self.network
        parts = [(n, mixture.up_to(longest)) for n, longest in curriculum]
        of_epochs = [part for n, part in parts for _ in range(n)]
        network.optimizer.build(network.trainable_variables)
        network.stop_training = False
        callbacks = keras.callbacks.CallbackList(
            callbacks, add_history=False, model=network, epochs=epochs
        )
        callbacks.on_train_begin()
        for epoch in range(initial_epoch, epochs):
            callbacks.on_epoch_begin(epoch)
            random = np.random.default_rng((seed, epoch))
            part = of_epochs[epoch] if epoch < len(of_epochs) else mixture
            shares = self._shares(part, least, most) if by_loss else None
            network.reset_metrics()
            for _ in range(steps or math.ceil(len(part) / self.batch_size)):
                x, y = self._batch(part, random, shares)
                step = _compiled(self._steps, network.train_step, (x, y))
                logs = step((x, y))
            logs = {name: float(value) for name, value in logs.items()}
            if validation is not None:
                callbacks.on_test_begin()
                errors = self.errors(validation)
                callbacks.on_test_end()
                mean = float(np.mean(list(errors.values())))
                logs["val_accuracy"] = 1 - mean / 100
            callbacks.on_epoch_end(epoch, logs)
            if network.stop_training:
                break
        network.optimizer.finalize_variable_values(network.trainable_variables)
        callbacks.on_train_end()

    def errors(self, mixture):
        """Errors in percent by task."""
        return {
            task: 100 * self._means(mixture, task)[1] for task in mixture.tasks
        }

    def _shares(self, mixture, least, most):
        losses = np.array(
            [self._means(mixture, task, _MEASURED)[0] for task in mixture.tasks]
        )
        shares = losses / max(np.sum(losses), 1e-9)
        shares = np.clip(shares, least / len(losses), most)
        return shares / np.sum(shares)

    def _means(self, mixture, task, most=None):
        """The mean loss and the share of errors in a task."""
        total, examples = np.zeros(2), 0
        for x, y, count in mixture.every(task, 4 * self.batch_size, most):
            batch = _tensors(x), _tensors(y)
            predict = _compiled(self._predictions, self._losses, batch)
            total += [np.sum(part.numpy()[:count]) for part in predict(batch)]
            examples += count
        return total / examples

    def _batch(self, mixture, random, shares):
        size = self.batch_size
        x, y = mixture.draw(random, size, shares)
        if x["story"].shape[1] > self.long:
            x, y = keras.tree.map_structure(lambda a: a[: size // 2], (x, y))
        return _tensors(x), _tensors(y)

    def _losses(self, batch):
        """Loss and error of each example."""
        x, y = batch
        logits = self.network(x, training=False)["answer"]
        labels = tf.cast(y["answer"], tf.int32)
        wrong = tf.argmax(logits, -1, output_type=tf.int32) != labels
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        return losses, tf.cast(wrong, tf.float32)


def _compiled(functions, function, batch):
    """The function compiled for stories of one shape, once."""
    shape = tuple(batch[0]["story"].shape)
    if shape not in functions:
        compiled = tf.function(function, jit_compile=True)
        # Traced apart from its calls, among which TensorFlow warns of it.
        functions[shape] = compiled.get_concrete_function(batch)
    return functions[shape]


def _tensors(arrays):
    return {
        name: tf.constant(array, tf.int32) for name, array in arrays.items()
    }
