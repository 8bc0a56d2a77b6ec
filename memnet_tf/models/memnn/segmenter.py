"""The segmenter of MemNN: cuts a stream of words into memories."""

import keras
import numpy as np
from keras import ops

from memnet_tf.layers.input_map.word_ids import WordIds, normalize


@keras.saving.register_keras_serializable("memnet_tf")
class Segmenter(keras.Model):
    """Says where a stream of words completes a segment to remember.

    Word-sequence input of Weston et al. 2014, section 3.2: with `c` the
    words since the last cut, `seg(c) = W_seg^T U_S Phi_seg(c)`, a linear
    score of a bag of words. Trained by a margin loss on labelled segments,
    `max(0, 1 - seg(f))` for a whole statement `f` and `max(0, 1 + seg(g))`
    for a segment `g` that is none; a stream is cut where `seg(c) > 0`,
    half-way between the two.

    Args:
        vocabulary: the known words.
        units: `n`, the size of an embedding.

    Call arguments:
        ids: int `(B, W)`, the words of segments; 0 is padding.

    Output:
        `seg`, `(B,)`.

    Example:

    >>> segmenter = Segmenter(["joe", "went", "to", "the", "garden"])
    >>> _ = segmenter.fit_statements(["Joe went to the garden"] * 50)
    >>> segmenter.segments("Joe went to the garden Joe went to the garden")
    ['joe went to the garden', 'joe went to the garden']
    """

    def __init__(self, vocabulary, units=20, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary = list(vocabulary)
        self.units = units
        self.word_ids = WordIds(self.vocabulary, sentence_length=1)
        self.build()

    def build(self, input_shape=None):
        self.embeddings = self.add_weight(
            name="embeddings",  # U_S
            shape=(self.word_ids.vocabulary_size, self.units),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
        )
        self.classifier = self.add_weight(
            name="classifier",  # W_seg
            shape=(self.units, 1),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
        )
        self.word_ids(keras.KerasTensor((None,), "string"))
        self.built = True

    def call(self, ids):
        weights = ops.take(self.word_weights(), ids)
        return ops.sum(ops.where(ops.not_equal(ids, 0), weights, 0), axis=-1)

    def word_weights(self):
        """What each word adds to `seg`, `(V,)`."""
        return ops.squeeze(ops.matmul(self.embeddings, self.classifier), -1)

    def fit_statements(self, statements, epochs=10, learning_rate=0.02):
        """Learns to end segments where `statements` end.

        Every beginning of a statement is a segment that ends too early.

        Args:
            statements: strings, such as the supporting ones of a story.
            epochs: times that all segments are seen.
            learning_rate: of Adam.

        Returns:
            The training history.
        """
        words = [self._ids(self._split(statement)) for statement in statements]
        segments = [
            (spoken[:end], 1 if end == len(spoken) else -1)
            for spoken in words
            for end in range(1, len(spoken) + 1)
        ]
        length = max(len(segment) for segment, _ in segments)
        ids = np.zeros((len(segments), length), "int32")
        for row, (segment, _) in zip(ids, segments, strict=True):
            row[: len(segment)] = segment
        labels = np.array([[label] for _, label in segments], "float32")
        self.compile(
            keras.optimizers.Adam(learning_rate),
            loss=keras.losses.Hinge(),
            jit_compile=True,
            steps_per_execution=32,
        )
        return self.fit(ids, labels, epochs=epochs, batch_size=64, verbose=0)

    def segments(self, stream):
        """Cuts a string into statements; what is left over is the last."""
        words = self._split(stream)
        if not words:
            return []
        weights = ops.convert_to_numpy(self.word_weights())
        cuts, score = [], 0.0
        for place, word in enumerate(self._ids(words), start=1):
            score += weights[word]
            if score > 0:
                cuts.append(place)
                score = 0.0
        pieces = np.split(np.array(words, object), cuts)
        return [" ".join(piece) for piece in pieces if len(piece)]

    def _split(self, text):
        return normalize(text, self.word_ids.marks).numpy().decode().split()

    def _ids(self, words):
        return self.word_ids.word_id(words).numpy().tolist()

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary": self.vocabulary,
            "units": self.units,
        }
