"""R: answer with one of the given texts, told what of them was mentioned."""

import keras
from keras import ops

from memnet_tf.layers.input_map.types_of_words import types_of_words
from memnet_tf.layers.response.candidate_response import CandidateResponse


@keras.saving.register_keras_serializable("memnet_tf")
class MatchingResponse(CandidateResponse):
    """Scores given texts, `o . (sum_j W y_j + sum_t e_t)`.

    The match types of Bordes and Weston 2017 (1605.07683): `t` are the types
    (a price, a phone number) of which the candidate has an entity that was
    said before, and `e_t` is learned for each. So an entity that training
    never met can be answered, by its type. Where two of a type were said,
    such as a place and then another, `latest` tells which came last: then
    there is one more `e_t` for each type, of the entity that was said last.

    Args:
        vocabulary_size: see `CandidateResponse`.
        entities: for each type, the list of the ids of its words.
        latest: whether candidates are told, too, whether no other entity of
            the type was said later.

    Call arguments:
        output: `(B, d)`, what O read.
        candidates: int word ids `(C, W)`, the same for every question. One
            without words is never the answer.
        said: int word ids `(B, ...)`, all that was said before, in order.

    Output:
        Scores `(B, C)`.

    Example:

    >>> layer = MatchingResponse(vocabulary_size=6, entities=[[3, 4]])
    >>> output, candidates = np.ones((1, 2), "float32"), np.array([[3], [4]])
    >>> layer(output, candidates, said=np.array([[1, 4, 0]])).shape
    TensorShape([1, 2])
    """

    def __init__(self, vocabulary_size, entities, latest=False, **kwargs):
        super().__init__(vocabulary_size, **kwargs)
        self.entities = [[int(word) for word in words] for words in entities]
        if not self.entities:
            raise ValueError(
                "Expected `entities` of at least one type. Received: "
                f"{entities}"
            )
        self.latest = latest
        self._types = types_of_words("entities", self.entities, vocabulary_size)

    def build(self, output_shape, candidates_shape, said_shape=None):
        super().build(output_shape, candidates_shape)
        self.types = self.add_weight(
            name="types",
            shape=(
                len(self.entities) * (1 + self.latest),
                output_shape[-1],
            ),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
        )

    def call(self, output, candidates, said=None):
        if said is None or len(candidates.shape) != 2:
            raise ValueError(
                "Expected `candidates` of shape (candidates, words), and what "
                f"was `said`. Received shape: {tuple(candidates.shape)}, and "
                f"{said}"
            )
        types = ops.cast(self.types, output.dtype)
        of_types = ops.matmul(output, ops.transpose(types))  # (B, T)
        matches = ops.cast(self.matches(candidates, said), output.dtype)
        scores = super().call(output, candidates)
        return scores + ops.einsum("bct,bt->bc", matches, of_types)

    def matches(self, candidates, said):
        """Whether a candidate has an entity of a type that was said.

        Args:
            candidates: as in `call`.
            said: as in `call`.

        Returns:
            Bool `(B, C, T)`; where `latest`, `(B, C, 2 T)`, whether it was
            said and then whether it was said last of its type.
        """
        said = ops.reshape(ops.cast(said, "int32"), (ops.shape(said)[0], -1))
        found = self._said(candidates, said)
        if self.latest:
            last = ops.transpose(self._said_last(said))  # (T, B)
            words = ops.reshape(candidates, (*ops.shape(candidates), 1, 1))
            last = ops.equal(ops.cast(words, "int32"), last)
            found = ops.concatenate([found, last], axis=2)
        return ops.transpose(ops.any(found, axis=1), (2, 0, 1))

    def _said(self, candidates, said):
        """By word of candidates whether it was said, bool `(C, W, T, B)`."""
        batch = ops.shape(said)[0]
        row = ops.expand_dims(ops.arange(batch, dtype="int32"), 1)
        row = ops.reshape(row + ops.zeros_like(said), (-1,))
        places = ops.stack([row, ops.reshape(said, (-1,))], axis=1)
        times = ops.scatter(
            places,
            ops.ones_like(row, dtype="float32"),
            (batch, self.vocabulary_size),
        )
        # By word first: XLA gathers whole rows faster.
        here = ops.take(ops.transpose(times) > 0, candidates, axis=0)
        types = ops.take(ops.convert_to_tensor(self._types), candidates, axis=0)
        return ops.logical_and(
            ops.expand_dims(here, 2), ops.expand_dims(types > 0, 3)
        )

    def _said_last(self, said):
        """By type the word of it that was said last, ids `(B, T)`.

        It is -1, no word of a candidate, where none was said.
        """
        types = ops.take(ops.convert_to_tensor(self._types), said, axis=0)
        place = ops.expand_dims(ops.arange(1, ops.shape(said)[1] + 1), 1)
        place = ops.where(types > 0, place, 0)  # (B, P, T)
        last = ops.max(place, axis=1)
        word = ops.take_along_axis(said, ops.maximum(last - 1, 0), axis=1)
        return ops.where(last > 0, word, -1)

    def get_config(self):
        return {
            **super().get_config(),
            "entities": self.entities,
            "latest": self.latest,
        }
