"""What a trained network gets wrong, what it reads, and how sharply."""

import time

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from experiments.batches import in_batches
from memnet_tf import layers

_MEMORIES_AT_ONCE = 50_000


class Clock(keras.callbacks.Callback):
    """Writes how long each epoch took, `seconds`, to the logs."""

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        logs["seconds"] = time.perf_counter() - self.start


def remember(network, story, most_ages):
    """The memory of stories of any length, marked with ages.

    A network tells `most_ages` ages apart. In a memory of more slots, as
    many slots share each age, so that no age is one it was not trained on.

    Args:
        network: a `models.MemN2N`.
        story: int ids `(B, S, W)`.
        most_ages: a divisor of `S`, or at least `S`.
    """
    slots = story.shape[1]
    written = ops.any(ops.not_equal(story, 0), axis=-1)
    features = network.encode_story(story)
    memory = layers.Append(slots)(features, written=written)
    return memory._replace(time=memory.time // -(-slots // most_ages))


def entropy(addresses):
    """`-sum_i p_i log p_i` in nats, `(...)` of addresses `(..., S)`.

    What addresses leave of 1, as those of stick-breaking do, counts as one
    more outcome: that nothing was found.
    """
    addresses = ops.convert_to_tensor(addresses)
    rest = 1 - ops.sum(addresses, axis=-1, keepdims=True)
    shares = ops.concatenate([addresses, ops.maximum(rest, 0)], axis=-1)
    return -ops.sum(shares * ops.log(ops.maximum(shares, 1e-30)), axis=-1)


def support_accuracy(support, read):
    """How many questions had all of their supporting sentences read, in %.

    A sentence was read where it was the most-read memory of some hop.
    Questions of which a supporting sentence was forgotten are left out.

    Args:
        support: `(N, F)`, see `data.Questions`.
        read: `(N, K)`, the slot that each hop read most.
    """
    kept = (support >= 0).all(axis=1)
    found = (support[:, :, None] == read[:, None, :]).any(axis=2).all(axis=1)
    return 100 * float(np.mean(found[kept]))


def reader(network, most_ages):
    """A function of `Questions` that measures a network.

    It is compiled once for stories of one length, however often the network
    is trained again. It returns a dict of `error` and `support` in percent
    and `entropy` in nats, the mean over hops and questions.
    """

    @tf.function(jit_compile=True)
    def read(x):
        memory = remember(network, x["story"], most_ages)
        outputs = network.respond(memory, x["question"])
        addresses = outputs["addresses"]
        return (
            ops.argmax(outputs["answer"], axis=-1),
            ops.argmax(addresses, axis=-1),
            ops.mean(entropy(addresses), axis=-1),
        )

    def measure(questions):
        batch = max(_MEMORIES_AT_ONCE // questions.story.shape[1], 1)
        x = {"story": questions.story, "question": questions.question}
        answers, slots_read, entropies = in_batches(read, x, batch)
        return {
            "error": 100 * float(np.mean(answers != questions.answer)),
            "support": support_accuracy(questions.support, slots_read),
            "entropy": float(np.mean(entropies)),
        }

    return measure
