"""Text in, text out: stories, questions and answers as strings."""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

ANSWERS = 5  # answers returned in order of their score
SIGNATURE = [
    tf.TensorSpec([None, None], tf.string, "story"),
    tf.TensorSpec([None], tf.string, "question"),
]
_CHUNK = 256  # questions answered in one call


class Answer(NamedTuple):
    """What a network says, and what it read to say so.

    Attributes:
        text: the answer.
        score: its share of the softmax over all answers.
        addresses: `(hops, sentences)`, the weight that each hop gave to
            each sentence of the story.
        support: the sentence that each hop read most; "" where none.
    """

    text: str
    score: float
    addresses: np.ndarray
    support: tuple[str, ...]


def is_text(values):
    """Whether `values` (questions or answers) are strings, not ids."""
    if isinstance(values, str):
        return True
    kind = np.asarray(values).dtype.kind
    return kind in "USO"


def as_questions(questions):
    """`questions` as strings `(N,)`, or an error that names it."""
    array = np.asarray(questions)
    if array.ndim != 1 or not all(isinstance(q, str) for q in array.tolist()):
        raise ValueError(
            "Expected `questions` to be a string or a list of strings. "
            f"Received: {_shorten(questions)}"
        )
    return array.astype(object)


def as_stories(stories, count):
    """`stories` as strings `(N, T)` padded with "", or an error."""
    stories = list(stories)
    for story in stories:
        if isinstance(story, str) or not all(
            isinstance(sentence, str) for sentence in story
        ):
            raise ValueError(
                "Expected `stories` to be a list of stories, each a list of "
                f"sentences. Received a story: {_shorten(story)}"
            )
    if len(stories) != count:
        raise ValueError(
            "Expected as many `stories` as `questions`. Received: "
            f"{len(stories)} stories and {count} questions"
        )
    longest = max((len(story) for story in stories), default=0)
    padded = np.full((count, max(longest, 1)), "", object)
    for row, story in zip(padded, stories, strict=True):
        row[: len(story)] = story
    return padded


def encode(network, x, y=None):
    """A story, question and answer of every example, as ids.

    Args:
        network: a `MemoryNetwork`.
        x: dict of `"story"`, a list of stories, `"question"`, a list of
            strings, and optionally `"support"`, for each question the
            sentences of its story (counted from 0) that answer it.
        y: list of answers, or None.

    Returns:
        `(x, y)` for `fit` on ids: stories `(N, S, W)` of the newest `S`
        sentences, questions `(N, W)`, support `(N, K)` as slots, repeated
        where a question has fewer than `K`; `y` a dict of `"answer"` and
        what else can be trained with support.
    """
    questions = as_questions(x["question"])
    stories = [list(story) for story in x["story"]]
    slots = network.generalization.slots
    forgotten = [max(len(story) - slots, 0) for story in stories]
    padded = as_stories(
        [story[n:] for story, n in zip(stories, forgotten, strict=True)],
        len(questions),
    )
    story = network.word_ids(padded).numpy()
    story = np.pad(story, [(0, 0), (0, slots - story.shape[1]), (0, 0)])
    ids = {"story": story, "question": network.word_ids(questions).numpy()}
    labels = {}
    if y is not None:
        if len(y) != len(questions):
            raise ValueError(
                "Expected as many answers `y` as questions. Received: "
                f"{len(y)} answers and {len(questions)} questions"
            )
        labels["answer"] = network.word_ids.word_id(list(y)).numpy()
    if "support" in x:
        support = [
            _slots_read(read, n, network.hops)
            for read, n in zip(x["support"], forgotten, strict=True)
        ]
        ids["support"] = np.array(support, "int32")
        labels[network.support_output] = ids["support"]
    return ids, (labels if y is not None else None)


def _slots_read(support, forgotten, hops):
    """The slot that each hop should read; -1 where it was forgotten."""
    read = list(support)[:hops]
    read = read + read[-1:] * (hops - len(read)) if read else [-1] * hops
    return [max(sentence - forgotten, -1) for sentence in read]


def answer_function(network):
    """The network as a function of strings, for `answer` and for export.

    Returns:
        A function of `story`, strings `(B, T)` padded with "", and
        `question`, strings `(B,)`, that returns a dict: `answer` `(B,)` and
        `score` `(B,)`; `answers` and `scores` `(B, 5)`, the best first;
        `attention` `(B, K, T)`, the weight each hop gave each sentence;
        `support` `(B, K)`, the sentence each hop read most.
    """

    @tf.function(input_signature=SIGNATURE)
    def answer(story, question):
        word_ids = network.word_ids
        story = tf.pad(story, [[0, 0], [0, 1]])  # at least one sentence
        story_ids = word_ids(story)
        memory = network.remember(story_ids)
        outputs = network.respond(memory, word_ids(question))
        shares = tf.nn.softmax(tf.cast(outputs["answer"], tf.float32))
        count = min(ANSWERS, shares.shape[-1])
        scores, best = tf.math.top_k(shares, count)
        answers = _decode(word_ids, best, story, story_ids)
        addresses = tf.cast(outputs["addresses"], tf.float32)
        attention = _by_sentence(addresses, memory, story_ids)
        return {
            "answer": answers[:, 0],
            "score": scores[:, 0],
            "answers": answers,
            "scores": scores,
            "attention": attention[:, :, :-1],
            "support": _most_read(attention, story),
        }

    return answer


def answer(network, stories, questions):
    """`Answer`s of a network to a list of questions about their stories."""
    questions = as_questions(questions)
    stories = list(stories)
    padded = as_stories(stories, len(questions))
    answers = []
    for start in range(0, len(questions), _CHUNK):
        rows = slice(start, start + _CHUNK)
        outputs = network.answer_text(
            tf.constant(padded[rows], tf.string),
            tf.constant(questions[rows], tf.string),
        )
        outputs = {name: value.numpy() for name, value in outputs.items()}
        for row, story in enumerate(stories[rows]):
            answers.append(
                Answer(
                    text=outputs["answer"][row].decode(),
                    score=float(outputs["score"][row]),
                    addresses=outputs["attention"][row][:, : len(story)],
                    support=tuple(
                        sentence.decode()
                        for sentence in outputs["support"][row]
                    ),
                )
            )
    return answers


def write_saved_model(network, filepath, verbose=False):
    """Writes the network as a SavedModel with the signature of strings.

    Built by `ExportArchive`: saving an object that holds a Keras model by
    `tf.saved_model.save` gives a folder that Python loads and TF Serving
    does not.
    """
    archive = keras.export.ExportArchive()
    for layer in network.layers:
        archive.track(layer)
    archive.add_endpoint(
        "serving_default", network.answer_text, input_signature=SIGNATURE
    )
    archive.write_out(filepath, verbose=verbose)


def _by_sentence(addresses, memory, story_ids):
    """Addresses of slots `(B, K, S)` as weights of sentences `(B, K, T)`."""
    written = tf.reduce_any(story_ids != 0, axis=-1)
    time = tf.cumsum(tf.cast(written, tf.int32), axis=1) - 1  # (B, T)
    holds = (memory.time[:, :, None] == time[:, None]) & written[:, None]
    holds = holds & memory.mask[:, :, None]  # (B, S, T)
    return tf.matmul(addresses, tf.cast(holds, addresses.dtype))


def _most_read(attention, story):
    """The sentence `(B, K)` each hop read most; "" where it read none."""
    most = tf.argmax(attention, axis=-1, output_type=tf.int32)
    sentence = tf.gather(story, most, batch_dims=1)
    return tf.where(tf.reduce_max(attention, -1) > 0, sentence, "")


def _decode(word_ids, ids, story, story_ids):
    """Words `(B, N)` of answer ids; unknown ones as the story spells them."""
    known = tf.gather(tf.constant(word_ids.all_words()), ids)
    flat_ids = tf.reshape(story_ids, [tf.shape(ids)[0], 1, -1])
    flat_words = tf.reshape(word_ids.words(story), [tf.shape(ids)[0], -1])
    same = tf.cast(flat_ids == ids[:, :, None], tf.int32)  # (B, N, T W)
    first = tf.argmax(same, axis=-1, output_type=tf.int32)
    spelled = tf.gather(flat_words, first, batch_dims=1)
    return tf.where(ids > word_ids.unknown_words, known, spelled)


def _shorten(value):
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
