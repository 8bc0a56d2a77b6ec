"""A network as one function of strings, and that as a SavedModel."""

import os
import pathlib

import keras
import tensorflow as tf

from memnet_tf import files
from memnet_tf.layers.response.memory_response import MemoryResponse

ANSWERS = 5  # answers returned in order of their score
SIGNATURE = [
    tf.TensorSpec([None, None], tf.string, "story"),
    tf.TensorSpec([None], tf.string, "question"),
]


def answer_function(network):
    """The network as a function of strings, for `answer` and for export.

    Returns:
        A function of `story`, strings `(B, T)` padded with "", and
        `question`, strings `(B,)`, that returns a dict: `answer` `(B,)` and
        `score` `(B,)`; `answers` and `scores` `(B, 5)`, the best first, ""
        where no other is possible; `attention` `(B, K, T)`, the weight each
        hop gave each sentence; `support` `(B, K)`, the sentence each hop
        read most, "" where it read none.
    """

    @tf.function(input_signature=SIGNATURE)
    def answer(story, question):
        word_ids = network.word_ids
        story = tf.pad(story, [[0, 0], [0, 1]])  # a last sentence: blank
        story_ids = word_ids(story)
        memory = network.remember(story_ids)
        outputs = network.respond(memory, word_ids(question))
        sentence = _sentence_of_slot(memory, story_ids)
        shares = tf.nn.softmax(tf.cast(outputs["answer"], tf.float32))
        shares = tf.pad(shares, [[0, 0], [0, ANSWERS]])
        scores, best = tf.math.top_k(shares, ANSWERS)
        if isinstance(network.response, MemoryResponse):
            sentences = tf.gather(story, sentence, batch_dims=1)
            sentences = tf.pad(sentences, [[0, 0], [0, ANSWERS]])
            answers = tf.gather(sentences, best, batch_dims=1)
        elif network.candidates:
            texts = tf.constant(network.candidates + [""] * ANSWERS)
            answers = tf.gather(texts, best)
        else:
            answers = _decode(
                word_ids,
                best,
                tf.gather(story_ids, sentence, batch_dims=1),
                tf.gather(word_ids.words(story), sentence, batch_dims=1),
            )
        answers = tf.where(scores > 0, answers, "")
        addresses = tf.cast(outputs["addresses"], tf.float32)
        attention = _by_sentence(addresses, sentence, tf.shape(story)[1])
        return {
            "answer": answers[:, 0],
            "score": scores[:, 0],
            "answers": answers,
            "scores": scores,
            "attention": attention[:, :, :-1],
            "support": _most_read(attention, story),
        }

    return answer


def write_saved_model(network, filepath, verbose=False):
    """Writes the network as a SavedModel with the signature of strings.

    Built by `ExportArchive`: saving an object that holds a Keras model by
    `tf.saved_model.save` gives a folder that Python loads and TF Serving
    does not.

    Args:
        network: a `MemoryNetwork`.
        filepath: the folder. It appears, or replaces an earlier SavedModel,
            when it is whole.
        verbose: whether to print the signature.

    Raises:
        ValueError: `filepath` is a folder of other things.
    """
    expect_replaceable(filepath)
    archive = keras.export.ExportArchive()
    for layer in network.layers:
        archive.track(layer)
    archive.add_endpoint(
        "serving_default", network.answer_text, input_signature=SIGNATURE
    )
    with files.replaced(filepath) as unfinished:
        archive.write_out(os.fspath(unfinished), verbose=verbose)


def expect_replaceable(filepath):
    """Checks that a SavedModel written here replaces nothing else.

    Raises:
        ValueError: `filepath` is a folder of other things.
    """
    held = {path.name for path in pathlib.Path(filepath).glob("*")}
    if held and "saved_model.pb" not in held:
        raise ValueError(
            "Expected `filepath` to be a new folder, or a SavedModel to "
            f"replace. Received a folder of other things: {filepath}"
        )


def _sentence_of_slot(memory, story_ids):
    """The sentence `(B, S)` in each slot; the last, blank, in empty ones."""
    written = tf.reduce_any(story_ids != 0, axis=-1)
    count = tf.cumsum(tf.cast(written, tf.int32), axis=1)  # (B, T)
    sentence = tf.searchsorted(count, memory.time + 1)
    return tf.where(memory.mask, sentence, tf.shape(story_ids)[1] - 1)


def _by_sentence(addresses, sentence, count):
    """Addresses of slots `(B, K, S)` as weights of sentences `(B, K, T)`."""
    batch, hops = tf.shape(addresses)[0], addresses.shape[1]
    row = sentence + count * tf.range(batch)[:, None]
    weights = tf.math.unsorted_segment_sum(
        tf.transpose(addresses, [0, 2, 1]), row, batch * count
    )
    return tf.transpose(tf.reshape(weights, [batch, count, hops]), [0, 2, 1])


def _most_read(attention, story):
    """The sentence `(B, K)` each hop read most; "" where it read none."""
    most = tf.argmax(attention, axis=-1, output_type=tf.int32)
    sentence = tf.gather(story, most, batch_dims=1)
    return tf.where(tf.reduce_max(attention, -1) > 0, sentence, "")


def _decode(word_ids, ids, memory_ids, memory_words):
    """Words `(B, N)` of answer ids.

    Those of unknown words are spelled as in the memory, of which the ids
    and the words are both `(B, S, W)`.
    """
    known = tf.constant(word_ids.all_words() + [""] * ANSWERS)
    length = memory_ids.shape[1] * memory_ids.shape[2]
    memory_ids = tf.reshape(memory_ids, [-1, 1, length])
    memory_words = tf.reshape(memory_words, [-1, length])
    same = memory_ids == ids[:, :, None]  # (B, N, S W)
    first = tf.argmax(tf.cast(same, tf.int32), -1, output_type=tf.int32)
    spelled = tf.gather(memory_words, first, batch_dims=1)
    spelled = tf.where(tf.reduce_any(same, axis=-1), spelled, "")
    known_words = tf.gather(known, ids)
    return tf.where(ids > word_ids.unknown_words, known_words, spelled)
