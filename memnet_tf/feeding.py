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


def runs(words, length, places, batch_size, seed=0, first=0):
    """Runs of a text and the word after each of their places, without end.

    Args:
        words: int32 `(N,)`, the ids of the text, at least `length + places`.
        length: `S`, words before a place.
        places: `L`, places of a run, which follow one another.
        batch_size: `R`, runs in a batch, drawn with replacement.
        seed: another seed draws others. The runs of a batch depend on this
            and on its number alone.
        first: the number of the first batch.

    Returns:
        A `tf.data.Dataset` of tuples of int32 `(R, S + L - 1)`, and `(R, L)`,
        the words after them.

    Example:

    >>> run, after = next(iter(runs([1, 2, 3, 4], 2, 2, batch_size=8)))
    >>> run[0].numpy().tolist(), after[0].numpy().tolist()
    ([1, 2, 3], [3, 4])
    """
    words = tf.convert_to_tensor(words, tf.int32)
    place = tf.range(length + places)

    def draw(number):
        start = tf.random.stateless_uniform(
            [batch_size, 1],
            tf.stack([tf.cast(seed, tf.int64), number]),
            maxval=len(words) - length - places + 1,
            dtype=tf.int32,
        )
        drawn = tf.gather(words, start + place)
        return drawn[:, :-1], drawn[:, length:]

    dataset = tf.data.Dataset.counter(first).map(draw)
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.prefetch(8).with_options(options)
