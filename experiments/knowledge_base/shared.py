"""A trained network that reads all triples, in place of those handed to it."""

import collections

import numpy as np
import tensorflow as tf

from memnet_tf import layers, models

_AT_ONCE = 128  # questions
_LENGTH = 0.5  # standard deviation of an entity's numbers, 5 times a word's


def set_apart(network, knowledge, questions, word_features, seed):
    """Gives entities random vectors so long that each is like itself alone.

    Among all triples, a subject is to be told from 42,000 others, most of
    which no question of training asks of. Entities that are words of
    questions, too, such as the tag "star", keep the vector of a word.

    The last features are not of entities, and the maps of the hops begin as
    what keeps these alone: what a question asks, not the entity that it asks
    of, beside which the few that were read would be lost.

    Args:
        network: a `models.KeyValueMemNN`, its weights as they begin.
        knowledge: a `Knowledge`.
        questions: a list of `questions.Asked`, those of training.
        word_features: the number of features that entities do not have.
        seed: of what is drawn.
    """
    said = collections.Counter(
        word for asked in questions for word in set(asked.text.split())
    )
    said.subtract(
        knowledge.words[asked.topic] for asked in questions if asked.topic >= 0
    )
    entities = [word for word in knowledge.words if said[word] <= 0]
    ids = network.word_ids.word_id(np.array(entities)).numpy()
    table = network.input_map.embeddings
    vectors = np.array(table)
    random = np.random.default_rng(seed)
    vectors[ids] = random.normal(scale=_LENGTH, size=(len(ids), table.shape[1]))
    of_words = np.arange(table.shape[1]) >= table.shape[1] - word_features
    vectors[ids] *= ~of_words
    table.assign(vectors)
    for weight in network.output_map.update.maps:
        weight.assign(np.diag(of_words.astype("float32")))


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

    A triple that leads back to the question's entity is no answer.

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
            score = np.where(
                (reached >= 0) & (reached != question.topic), score, -np.inf
            )
            found.append(reached[np.argmax(score)] in question.answers)
    return np.array(found)
