"""A language model with the memory that it has, as a SavedModel."""

import keras
from keras import ops

from memnet_tf import saved_model
from memnet_tf.layers.input_map.word_ids import WordIds
from memnet_tf.layers.output_map import addressing
from memnet_tf.layers.retrieval import flavours
from memnet_tf.models.memn2n_language_model import texts
from memnet_tf.signatures import Signature


class _Memories(keras.Layer):
    """States and the ids of words, never written again."""

    def __init__(self, states, words):
        super().__init__(name="memory")
        self.states = self.add_weight(
            name="states", shape=states.shape, initializer="zeros"
        )
        self.words = self.add_weight(
            name="words", shape=words.shape, initializer="zeros", dtype="int32"
        )
        self.states.assign(states)
        self.words.assign(words)
        self.built = True


def export(model, filepath, states, words, flavour, verbose):
    """Writes a `MemoryLanguageModel` with memories that do not change.

    Args:
        model: the model.
        filepath: the folder.
        states: `(N, d)`, of all memories.
        words: int32 `(N,)`, the ids of their words.
        flavour: how they are found; see `flavours.choose`.
        verbose: whether to print the signatures.

    Returns:
        A `saved_model.Exported`.
    """
    chosen = flavours.choose(len(states), flavour)
    held = _Memories(states, words)
    retrieval = flavours.retrieval(chosen, states, metric=model.store.metric)
    word_ids = WordIds(model.all_words[2:], sentence_length=1)
    word_ids(keras.KerasTensor((None,), "string"))

    def next_word(text):
        outputs = model.model(texts.last_ids(word_ids, text, model.context))
        of_model = ops.softmax(ops.cast(outputs["answer"][:, -1], "float32"))
        found = retrieval(outputs["states"][:, -1], model.k, held.states)
        shares = addressing.softmax(model.sharpness * found.scores, found.mask)
        said = ops.take(held.words, found.slots, axis=0)  # (B, k)
        batch, vocabulary = ops.shape(of_model)
        place = ops.expand_dims(ops.arange(batch) * vocabulary, 1) + said
        of_memory = ops.segment_sum(
            ops.reshape(shares, (-1,)),
            ops.reshape(place, (-1,)),
            num_segments=batch * vocabulary,
        )
        of_memory = ops.reshape(of_memory, (-1, vocabulary))
        mixed = (1 - model.share) * of_model + model.share * of_memory
        return texts.likeliest(model.all_words, mixed)

    return saved_model.write(
        filepath,
        [held, retrieval, word_ids, *model.model.layers],
        {"next_word": Signature(next_word, [texts.TEXT])},
        chosen,
        verbose,
    )
