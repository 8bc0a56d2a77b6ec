"""I: how long ago a memory was written."""

import keras
from keras import ops

from memnet_tf.checks import positive_ints


@keras.saving.register_keras_serializable("memnet_tf")
class TimeEncoding(keras.Layer):
    """Adds a learned vector for its age to every filled slot, `m_i + T(i)`.

    Temporal encoding of Sukhbaatar et al. 2015, section 4.1; the newest
    slot has age 1, and slots older than `max_age` share a vector. Where
    slots hold several embeddings, each has its own vectors, so they are
    tied over hops as the embeddings are.

    Random noise (same section): in training, empty memories are put between
    the filled slots, their number drawn evenly from 0 to `noise` of the
    story, rounded up, and every way to place them equally likely. It keeps
    the network from leaning on exact ages.

    Args:
        max_age: number of ages told apart.
        noise: empty memories at most, as a fraction of the filled slots.
        stddev: standard deviation of the vectors at first.

    Call arguments:
        memory: a `Memory` with features `(B, S, d)` or `(B, S, E, d)`.

    Output:
        The `Memory`, with the vectors added to its features.
    """

    def __init__(self, max_age, noise=0.0, stddev=0.1, **kwargs):
        super().__init__(**kwargs)
        positive_ints(max_age=max_age)
        if not 0 <= noise <= 1:
            raise ValueError(
                f"Expected `noise` between 0 and 1. Received: {noise!r}"
            )
        self.max_age = max_age
        self.noise = noise
        self.stddev = stddev
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, memory_shape):
        features_shape = memory_shape[0]  # a list where a file is loaded
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.max_age + 1, *features_shape[2:]),
            initializer=keras.initializers.RandomNormal(stddev=self.stddev),
        )

    def call(self, memory, training=False):
        age = self.ages(memory, training)
        vectors = self._vectors(age, memory.mask, self._table())
        vectors = ops.reshape(vectors, ops.shape(memory.features))
        return memory._replace(features=memory.features + vectors)

    def ages(self, memory, training=False):
        """The age `(B, S)` of each slot, with noise in training."""
        age = memory.age()
        if training and self.noise > 0:
            age = age + self.random_shift(memory.mask)
        return ops.minimum(age, self.max_age)

    def encode(self, age, mask, first, last):
        """The vectors of ages that are added to some of the embeddings.

        Args:
            age: `(B, S)`, as `ages` gives them.
            mask: bool `(B, S)`, which slots are filled.
            first: the first embedding.
            last: the embedding after the last.

        Returns:
            `(B, S, last - first, d)`.
        """
        units = self.embeddings.shape[-1]
        table = self._table()[:, first * units : last * units]
        vectors = self._vectors(age, mask, table)
        return ops.reshape(vectors, (*ops.shape(age), last - first, units))

    def scores(self, age, query, table=0):
        """Scores `q . T(i)` by age, `(B, S)`.

        Args:
            age: `(B, S)`, as `ages` gives them.
            query: `(B, d)`.
            table: which embedding of a slot `T` is added to.
        """
        units = query.shape[-1]
        vectors = self._table()[:, table * units : (table + 1) * units]
        of_ages = ops.matmul(query, ops.transpose(vectors))
        return ops.take_along_axis(of_ages, age, axis=1)

    def _table(self):
        # As a matrix: XLA gathers and scatters whole rows faster.
        table = ops.reshape(self.embeddings, (self.max_age + 1, -1))
        return ops.cast(table, self.compute_dtype)

    def _vectors(self, age, mask, table):
        filled = ops.cast(mask, table.dtype)
        return ops.take(table, age, axis=0) * ops.expand_dims(filled, -1)

    def random_shift(self, mask):
        """Empty memories put after each slot, int32 `(B, S)`.

        Drawing `n` of `n + b` places evenly is the same as cutting a line
        at `n` even random points (an exponential between two neighbours)
        and throwing `b` more points at it: a slot is shifted by the points
        thrown on its newer side. An empty slot has no length on the line.
        """
        batch, slots = ops.shape(mask)
        most = int(-(-mask.shape[1] * self.noise // 1))
        filled = ops.cast(mask, "float32")
        count = ops.sum(filled, axis=1, keepdims=True)
        # Drawn in one call: each costs a step of the generator.
        uniform = self._uniform((batch, slots + 2 + most))
        gaps, oldest, number, thrown = ops.split(
            uniform, [slots, slots + 1, slots + 2], axis=1
        )
        gaps = ops.flip(-ops.log(gaps) * filled, axis=1)
        cuts = ops.flip(ops.cumsum(gaps, axis=1), axis=1)
        thrown = thrown * (cuts[:, :1] - ops.log(oldest))
        blanks = ops.floor(number * (ops.ceil(count * self.noise) + 1))
        used = ops.arange(most, dtype="float32") < blanks
        thrown = ops.where(used, thrown, float("inf"))
        newer = ops.expand_dims(thrown, 1) < ops.expand_dims(cuts, 2)
        return ops.where(mask, ops.sum(ops.cast(newer, "int32"), axis=2), 0)

    def _uniform(self, shape):
        return keras.random.uniform(
            shape, minval=1e-7, maxval=1.0, seed=self.seed_generator
        )

    def compute_output_spec(self, memory, training=False):
        return memory

    def get_config(self):
        return {
            **super().get_config(),
            "max_age": self.max_age,
            "noise": self.noise,
            "stddev": self.stddev,
        }
