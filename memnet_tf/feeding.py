"""Examples in memory, fed to training faster than Keras feeds arrays."""

import tensorflow as tf


def batches(arrays, batch_size, shuffle=True):
    """A `tf.data.Dataset` of batches of one size, drawn anew every epoch.

    What Keras makes of arrays costs a small network more than its training
    step does, most of it for tuning the pipeline; and once a seed is set it
    repeats the order of the first epoch in every other.

    Args:
        arrays: arrays of equal length, in any structure.
        batch_size: examples in a batch; what is left over is left out.
        shuffle: whether to draw in random order.
    """
    arrays = tf.nest.map_structure(tf.convert_to_tensor, arrays)
    count = len(tf.nest.flatten(arrays)[0])
    rows = tf.data.Dataset.range(count)
    if shuffle:
        rows = rows.shuffle(count)
    dataset = rows.batch(batch_size, drop_remainder=True).map(
        lambda rows: tf.nest.map_structure(
            lambda array: tf.gather(array, rows), arrays
        )
    )
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.prefetch(8).with_options(options)
