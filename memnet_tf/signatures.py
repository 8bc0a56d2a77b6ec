"""Networks as functions of strings: what `answer` runs and exports hold.

A network has a dict of `Signature`s by name; `saved_model.py` writes them.
Those of a network that reads stories are made by `of_stories`, those of a
network with one memory for all questions by `of_shared_memory`.

`B` is the batch, `T` the sentences of the longest story, `S` the slots, `K`
the hops, `k` the memories that a hop reads of one that all questions share.
The first axis of every input and output is a free batch.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from memnet_tf.layers.response.memory_response import MemoryResponse
from memnet_tf.layers.response.sentence_response import SentenceResponse
from memnet_tf.memory import Memory

ANSWERS = 5  # answers returned in order of their score
_STORY = tf.TensorSpec([None, None], tf.string, "story")
_QUESTION = tf.TensorSpec([None], tf.string, "question")
_TURNS = tf.TensorSpec([None, None], tf.string, "turns")
_LATEST = 2**30  # of times that are added to


class Signature(NamedTuple):
    """A function that can be exported, and its inputs.

    Attributes:
        function: a function, such as a `tf.function`, that returns a dict of
            tensors.
        inputs: a `tf.TensorSpec`, with a name, for each argument, or what
            Keras takes in its place.
    """

    function: Callable
    inputs: list


def of_stories(network):
    """The signatures of a network that reads a story.

    - `serving_default`: see `answer_function`.
    - `encode`: the memory of a story, to be kept and asked often. `story`
      to `slots`, float32 `(B, S, ...)`, or int32 `(B, S, W)` where the
      network remembers words; `mask`, bool `(B, S)`; `time`, int32
      `(B, S)`; `sentence`, int32 `(B, S)`, which sentence of the story each
      slot holds, -1 in an empty slot.
    - `respond`: the outputs of `encode`, the same `story`, which is read for
      its wording alone, and `question`, to the outputs of
      `serving_default`, equal to them.
    - `converse`, of a network that answers with one of its `candidates`:
      `turns`, strings `(B, T)`, the oldest first, to the outputs of
      `serving_default`. The last turn that is not blank is the question,
      the turns before it are the story.

    Args:
        network: a `MemoryNetwork`, built.

    Returns:
        A dict of `Signature`s by name.

    Example:

    >>> from memnet_tf.models import MemN2N
    >>> network = MemN2N(["john", "garden"], sentence_length=4, units=3)
    >>> encode = of_stories(network)["encode"].function
    >>> encode(tf.constant([["", "John"]]))["sentence"].numpy()[0, :3].tolist()
    [1, -1, -1]
    """

    @tf.function(input_signature=[_STORY])
    def encode(story):
        return _encode(network, _with_blank(network.word_ids(story)))

    memory = encode.get_concrete_function().structured_outputs
    inputs = [
        tf.TensorSpec(memory[name].shape, memory[name].dtype, name)
        for name in ("slots", "mask", "time", "sentence")
    ]
    inputs += [_STORY, _QUESTION]

    @tf.function(input_signature=inputs)
    def respond(slots, mask, time, sentence, story, question):
        memory = _sound(network, slots, mask, time, sentence, story)
        return _respond(network, memory, story, network.word_ids(question))

    found = {
        "serving_default": Signature(network.answer_text, [_STORY, _QUESTION]),
        "encode": Signature(encode, [_STORY]),
        "respond": Signature(respond, inputs),
    }
    if network.candidates:
        found["converse"] = Signature(_converse_function(network), [_TURNS])
    return found


def answer_function(network):
    """The network as a function of a story and a question.

    Returns:
        A function of `story`, strings `(B, T)` padded with "", and
        `question`, strings `(B,)`, that returns a dict: `answer` `(B,)` and
        `score` `(B,)`; `answers` and `scores` `(B, 5)`, the best first, ""
        where no other is possible; `attention` `(B, K, T)`, the weight each
        hop gave each sentence; `support` `(B, K)`, the sentence each hop
        read most, "" where it read none.
    """

    @tf.function(input_signature=[_STORY, _QUESTION])
    def answer(story, question):
        return _answer(network, story, question)

    return answer


def _answer(network, story, question):
    # As one text: to make words of strings takes some thirty operations.
    ids = network.word_ids(tf.concat([story, question[:, None]], axis=1))
    memory = _encode(network, _with_blank(ids[:, :-1]))
    return _respond(network, memory, story, ids[:, -1])


def of_shared_memory(network, retrieval=None):
    """The signatures of a network with one memory for all questions.

    - `serving_default`: see `shared_answer_function`.

    Args:
        network: a `SharedMemoryNetwork`.
        retrieval: a retrieval layer that finds what is read; the network's
            own if None.

    Returns:
        A dict of `Signature`s by name.
    """
    function = shared_answer_function(network, retrieval)
    return {"serving_default": Signature(function, [_QUESTION])}


def shared_answer_function(network, retrieval=None):
    """The network as a function of a question.

    Args:
        network: see `of_shared_memory`.
        retrieval: see `of_shared_memory`.

    Returns:
        A function of `question`, strings `(B,)`, that returns a dict:
        `answer` `(B,)` and `score` `(B,)`; `answers` and `scores` `(B, 5)`,
        the best first, "" where no other is possible; `ids`, int32
        `(B, K, k)`, the memories that each hop read, -1 where there were
        fewer; `support` `(B, K, k)`, their texts; `attention` `(B, K, k)`,
        the weight each hop gave them.
    """

    @tf.function(input_signature=[_QUESTION])
    def answer(question):
        outputs = network.respond(
            network.word_ids(question), retrieval=retrieval
        )
        support = network.texts(outputs["slots"])
        # The last hop first: it is that of which an answer is read.
        hops, k = outputs["slots"].shape[1:]
        read = tf.reshape(tf.reverse(support, [1]), [-1, hops * k])
        place = tf.broadcast_to(tf.range(hops * k), tf.shape(read))
        place = tf.ensure_shape(place, [None, hops * k])
        return {
            **_best_answers(network, outputs["answer"], read, place),
            "attention": tf.cast(outputs["addresses"], tf.float32),
            "ids": outputs["slots"],
            "support": support,
        }

    return answer


def _converse_function(network):
    @tf.function(input_signature=[_TURNS])
    def converse(turns):
        place = tf.range(tf.shape(turns)[1])
        said = tf.strings.strip(turns) != ""
        last = tf.reduce_max(tf.where(said, place, -1), axis=1, keepdims=True)
        story = tf.where(place < last, turns, "")
        question = tf.where(place == last, turns, "")
        question = tf.strings.reduce_join(question, axis=1)
        return _answer(network, story, question)

    return converse


def _with_blank(story_ids):
    """Ids of a blank sentence more: a story of none is a story, too."""
    return tf.pad(story_ids, [[0, 0], [0, 1], [0, 0]])


def _encode(network, story_ids):
    """The outputs of `encode`, for ids `(B, T, W)`."""
    memory = network.remember(
        story_ids, encode=functools.partial(_encode_told, network)
    )
    slots = memory.features
    if slots.dtype.is_floating:
        slots = tf.cast(slots, tf.float32)
    written = tf.reduce_any(story_ids != 0, axis=-1)
    count = tf.cumsum(tf.cast(written, tf.int32), axis=1)  # (B, T)
    sentence = tf.searchsorted(count, memory.time + 1)
    return {
        "slots": slots,
        "mask": memory.mask,
        "time": memory.time,
        "sentence": tf.where(memory.mask, sentence, -1),
    }


def _encode_told(network, story_ids):
    """`encode_story` of the sentences that are not blank; 0 for the others.

    A batch is padded to its longest story, and most of it may be blank.
    """
    told = tf.where(tf.reduce_any(story_ids != 0, axis=-1))  # (n, 2)
    sentences = tf.gather_nd(story_ids, told)[:, None]  # (n, 1, W)
    features = network.encode_story(sentences)[:, 0]
    stories = tf.shape(story_ids, told.dtype)[:2]
    rest = tf.shape(features, told.dtype)[1:]
    every = tf.scatter_nd(told, features, tf.concat([stories, rest], 0))
    return tf.ensure_shape(every, [*story_ids.shape[:2], *features.shape[1:]])


def _sound(network, slots, mask, time, sentence, story):
    """A memory that a client sent, without what no `encode` gives.

    Numbers out of range would fail, or read, the rest of their batch.
    """
    if slots.dtype.is_integer:
        known = (slots >= 0) & (slots < network.word_ids.vocabulary_size)
        slots = tf.where(known, slots, 0)
    told = mask & (sentence >= 0) & (sentence < tf.shape(story)[1])
    return {
        "slots": slots,
        "mask": mask,
        "time": tf.clip_by_value(time, 0, _LATEST),
        "sentence": tf.where(told, sentence, -1),
    }


def _respond(network, memory, story, question_ids):
    """The outputs of `serving_default`, from those of `encode`."""
    if network.leaves_out_empty_slots:
        memory = _used(memory)
    slots = memory["slots"]
    if slots.dtype.is_floating:
        slots = tf.cast(slots, network.compute_dtype)
    outputs = network.respond(
        Memory(slots, memory["mask"], memory["time"]),
        question_ids,
    )
    # A last sentence, blank: what empty slots hold.
    blank = tf.shape(story)[1]
    story = tf.pad(story, [[0, 0], [0, 1]])
    sentence = tf.where(memory["sentence"] < 0, blank, memory["sentence"])
    addresses = tf.cast(outputs["addresses"], tf.float32)
    attention = _by_sentence(addresses, sentence, blank + 1)
    if isinstance(network.response, SentenceResponse):
        answers = _said(network, outputs)
    else:
        answers = _best_answers(network, outputs["answer"], story, sentence)
    return {
        **answers,
        "attention": attention[:, :, :-1],
        "support": _most_read(attention, story),
    }


def _used(memory):
    """A memory without the last slots, where all of the batch are empty."""
    mask = memory["mask"]
    filled = tf.where(tf.reduce_any(mask, axis=0))
    used = tf.reduce_max(tf.concat([[[0]], filled], axis=0)) + 1
    return {name: value[:, :used] for name, value in memory.items()}


def _best_answers(network, logits, story, sentence):
    """The outputs `answer`, `score`, `answers` and `scores`.

    Args:
        network: the network.
        logits: `(B, N)`, its output `"answer"`.
        story: strings `(B, T)`.
        sentence: int32 `(B, S)`, the sentence in each slot.
    """
    shares = tf.nn.softmax(tf.cast(logits, tf.float32))
    shares = tf.pad(shares, [[0, 0], [0, ANSWERS]])
    scores, best = tf.math.top_k(shares, ANSWERS)
    return _in_order(_texts(network, best, story, sentence), scores)


def _said(network, outputs):
    """The outputs of `_best_answers`, of a network that says sentences.

    The score of a sentence is the geometric mean of its words' probabilities.

    Args:
        network: the network.
        outputs: its outputs for questions alone.
    """
    room = tf.constant([[0, 0], [0, ANSWERS]])
    words = tf.gather(network.word_ids.all_words(), outputs["sentences"])
    texts = tf.strings.reduce_join(words, axis=-1, separator=" ")
    texts = tf.pad(tf.strings.strip(texts), room)
    scores = tf.exp(tf.cast(outputs["sentence_scores"], tf.float32))
    scores = tf.pad(scores, room)
    return _in_order(texts[:, :ANSWERS], scores[:, :ANSWERS])


def _in_order(answers, scores):
    """The outputs of `_best_answers`, of texts and scores `(B, 5)`."""
    answers = tf.where(scores > 0, answers, "")
    return {
        "answer": answers[:, 0],
        "score": scores[:, 0],
        "answers": answers,
        "scores": scores,
    }


def _texts(network, best, story, sentence):
    """The texts `(B, N)` of the answers `best (B, N)`.

    Args:
        network: the network.
        best: int32, each an answer's place among the scores; up to
            `ANSWERS` more than there are, whose text is "".
        story: strings `(B, T)`.
        sentence: int32 `(B, S)`, the sentence in each slot.
    """
    if isinstance(network.response, MemoryResponse):
        sentences = tf.gather(story, sentence, batch_dims=1)
        sentences = tf.pad(sentences, [[0, 0], [0, ANSWERS]])
        return tf.gather(sentences, best, batch_dims=1)
    texts = network.candidates or network.word_ids.all_words()
    known = tf.gather(tf.constant(texts + [""] * ANSWERS), best)
    unknown_words = network.word_ids.unknown_words
    if network.candidates or network.response.reserved > unknown_words:
        return known
    spelled = _spelled(network.word_ids, best, story, sentence)
    return tf.where(best > unknown_words, known, spelled)


def _spelled(word_ids, ids, story, sentence):
    """The words `(B, N)` of ids as the memory spells them, "" if it has none.

    An unknown word is the first of its id in the slots.
    """
    slots = sentence.shape[1]
    told = tf.gather(story, sentence, batch_dims=1)
    told = tf.ensure_shape(told, [None, slots])
    words = tf.reshape(
        word_ids.words(told), [-1, slots * word_ids.sentence_length]
    )
    memory_ids = tf.cast(word_ids.lookup(words), tf.int32)
    same = memory_ids[:, None] == ids[:, :, None]  # (B, N, S W)
    first = tf.argmax(tf.cast(same, tf.int32), -1, output_type=tf.int32)
    spelled = tf.gather(words, first, batch_dims=1)
    return tf.where(tf.reduce_any(same, axis=-1), spelled, "")


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
