"""The optimizer of networks that are not trained as they were published."""

import keras


def with_adamw(network, learning_rate, weight_decay, exempt=(), averaged=None):
    """The network compiled with AdamW, gradients of norm 1 at most.

    Embeddings, scales and biases do not decay.

    Args:
        network: to compile.
        learning_rate: a number, or a schedule.
        weight_decay: part of the learning rate by which weights shrink in a
            step.
        exempt: parts of names of other weights that do not decay.
        averaged: part of an average of the weights that a step keeps; None
            for no averages.
    """
    optimizer = keras.optimizers.AdamW(
        learning_rate,
        weight_decay=weight_decay,
        beta_2=0.98,
        global_clipnorm=1.0,
        use_ema=averaged is not None,
        ema_momentum=averaged or 0.0,
    )
    optimizer.exclude_from_weight_decay(
        var_names=["embeddings", "scale", "bias", *exempt]
    )
    answers = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(optimizer, loss={"answer": answers})
    return network
