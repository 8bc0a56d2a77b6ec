"""Networks with a long-lived memory as functions of strings.

`B` is the batch, `K` the hops, `k` the memories that a hop reads.
"""

import tensorflow as tf

from memnet_tf.signatures import Signature, best_answers

_QUESTION = tf.TensorSpec([None], tf.string, "question")


def of_shared_memory(network, retrieval=None):
    """The signatures of a network with a long-lived memory inside.

    - `serving_default`: see `answer_function`.

    Args:
        network: a `SharedMemoryNetwork`.
        retrieval: a retrieval layer that finds what is read; the network's
            own if None.

    Returns:
        A dict of `Signature`s by name.
    """
    function = answer_function(network, retrieval)
    return {"serving_default": Signature(function, [_QUESTION])}


def answer_function(network, retrieval=None):
    """The network as a function of a question.

    Args:
        network: see `of_shared_memory`.
        retrieval: see `of_shared_memory`.

    Returns:
        A function of `question`, strings `(B,)`, that returns a dict:
        `answer` `(B,)` and `score` `(B,)`; `answers` and `scores` `(B, 5)`,
        the best first, "" where no other is possible; `ids`, int32
        `(B, K, k)`, the memories that each hop read, -1 where there were
        fewer; `support` `(B, K, k)`, their texts; `attention` `(B, K, k)`,
        the weight each hop gave them.
    """

    @tf.function(input_signature=[_QUESTION])
    def answer(question):
        outputs = network.respond(
            network.word_ids(question), retrieval=retrieval
        )
        support = network.texts(outputs["slots"])
        # The last hop first: it is that of which an answer is read.
        hops, k = outputs["slots"].shape[1:]
        read = tf.reshape(tf.reverse(support, [1]), [-1, hops * k])
        place = tf.broadcast_to(tf.range(hops * k), tf.shape(read))
        place = tf.ensure_shape(place, [None, hops * k])
        return {
            **best_answers(network, outputs["answer"], read, place),
            "attention": tf.cast(outputs["addresses"], tf.float32),
            "ids": outputs["slots"],
            "support": support,
        }

    return answer
