"""A trained network that reads all triples, in place of those handed to it."""

import collections

import numpy as np
import tensorflow as tf

from memnet_tf import layers, models

_AT_ONCE = 128  # questions


def entities(knowledge, questions):
    """The entities as words, but for those that questions say, too.

    Such as the tag "star", which is told apart from others as a word is.

    Args:
        knowledge: a `Knowledge`.
        questions: a list of `questions.Asked`, those of training.
    """
    said = collections.Counter(
        word for asked in questions for word in set(asked.text.split())
    )
    said.subtract(
        knowledge.words[asked.topic] for asked in questions if asked.topic >= 0
    )
    return [word for word in knowledge.words if said[word] <= 0]


def over_all(network, knowledge, k, retrieval):
    """The network as one whose questions share all triples.

    Args:
        network: a `models.KeyValueMemNN` that answers with memories.
        knowledge: a `Knowledge`.
        k: triples that a hop reads.
        retrieval: the retrieval layer that finds them.

    Returns:
        A `models.SharedMemoryNetwork` with the same weights.
    """
    shared = models.SharedMemoryNetwork(
        word_ids=network.word_ids,
        input_map=network.input_map,
        output_map=layers.OutputMap(
            network.hops,
            "top_k",
            k=k,
            tying="layer_wise",
            retrieval=retrieval,
            update=network.output_map.update,
        ),
        response=layers.MemoryResponse(),
        memory_size=len(knowledge.objects),
        backtracking=network.backtracking,
    )
    words, relations = knowledge.words, knowledge.relations
    shared.remember(
        [
            f"{words[s]} {relations[r]} {words[o]}"
            for s, r, o in zip(
                knowledge.subjects.tolist(),
                knowledge.relation_of.tolist(),
                knowledge.objects.tolist(),
                strict=True,
            )
        ]
    )
    return shared


def hits(shared, knowledge, questions):
    """Whether each question is answered rightly, bool `(N,)`.

    Args:
        shared: see `over_all`.
        knowledge: a `Knowledge`.
        questions: a list of `questions.Asked`.
    """

    @tf.function
    def read(ids):
        outputs = shared({"question": ids}, training=False)
        return outputs["answer"], outputs["slots"][:, -1]

    found = []
    for start in range(0, len(questions), _AT_ONCE):
        part = questions[start : start + _AT_ONCE]
        rows = np.arange(_AT_ONCE) % len(part)
        ids = shared.word_ids([part[row].text for row in rows])
        scores, slots = (value.numpy() for value in read(ids))
        objects = np.where(slots >= 0, knowledge.objects[slots], -1)
        for question, score, reached in zip(
            part, scores, objects, strict=False
        ):
            score = np.where(reached >= 0, score, -np.inf)
            found.append(reached[np.argmax(score)] in question.answers)
    return np.array(found)
