"""I: a bag of words that knows the order of the words."""

import keras
import numpy as np
from keras import ops

from memnet_tf.layers.input_map.bag_of_words import BagOfWords

FORMULAS = ("paper", "published_code")


@keras.saving.register_keras_serializable("memnet_tf")
class PositionEncoding(BagOfWords):
    """Sums word embeddings weighted by position, `sum_j l_j * A x_j`.

    Position encoding of Sukhbaatar et al. 2015, section 4.1. With word
    `j = 1..J` and dimension `k = 1..d` the weight is

    - `formula="paper"`: `l_kj = (1 - j/J) - (k/d) (1 - 2j/J)`, `J` the
      number of words in the sentence;
    - `formula="published_code"`: `l_kj = 1 + 4 (k - (d+1)/2)
      (j - (W+1)/2) / (d W)`, `W` the length that sentences are padded to,
      as the authors' program computes it: about twice the paper's, and
      nothing is lost of short sentences.

    Args:
        vocabulary_size: see `BagOfWords`.
        units: see `BagOfWords`.
        tables: see `BagOfWords`.
        formula: `"paper"` or `"published_code"`.

    Call arguments:
        ids: int `(B, ..., W)`; words come first, padding last.

    Output:
        Features `(B, ..., d)`, or `(B, ..., E, d)` with `tables`.
    """

    def __init__(
        self, vocabulary_size, units, tables=None, formula="paper", **kwargs
    ):
        super().__init__(vocabulary_size, units, tables, **kwargs)
        if formula not in FORMULAS:
            raise ValueError(
                f"Expected `formula` to be one of {FORMULAS}. "
                f"Received: {formula!r}"
            )
        self.formula = formula

    def weights_of_words(self, present):
        length = present.shape[-1]
        dimension = np.arange(1, self.units + 1)
        position = np.arange(1, length + 1)
        ones = np.ones(self.units)
        if self.formula == "published_code":
            from_middle = 4 * (dimension - (self.units + 1) / 2) / self.units
            of_word = (position - (length + 1) / 2) / length
            return [
                (ones, ops.ones_like(present)),
                (from_middle, ops.cast(of_word, present.dtype)),
            ]
        count = ops.maximum(ops.sum(present, axis=-1, keepdims=True), 1)
        fraction = ops.cast(position, present.dtype) / count  # j/J
        return [
            (ones, 1 - fraction),
            (dimension / self.units, 2 * fraction - 1),
        ]

    def get_config(self):
        return {**super().get_config(), "formula": self.formula}
