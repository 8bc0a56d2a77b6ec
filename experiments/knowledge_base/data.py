"""Questions of some hops, and the memories that each is handed, as ids."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow_datasets as tfds

from experiments.knowledge_base import questions as _questions
from experiments.knowledge_base.knowledge import Knowledge
from experiments.knowledge_base.marks import Marks
from memnet_tf import datasets, layers
from memnet_tf.datasets import metaqa

# Of questions of 1 hop, every other of validation is trained on in other
# words: the paraphrases of MetaQA. The others validate.
_PARAPHRASED = slice(0, None, 2)
_VALIDATES = slice(1, None, 2)


class Data(NamedTuple):
    """Questions of some hops.

    Attributes:
        knowledge: a `Knowledge`.
        splits: a dict of lists of `questions.Asked`.
    """

    knowledge: Any
    splits: dict[str, list[_questions.Asked]]


def load(hops, count, data_dir=None, manual_dir=None):
    """`Data` of questions of some hops.

    Training questions are generated, and none of them asks of the same
    entity along the same path as a question of validation or test.

    Args:
        hops: 1 to 3.
        count: training questions to generate.
        data_dir: folder of prepared data.
        manual_dir: folder of MetaQA's folder or archive.
    """
    tfds.disable_progress_bar()
    builder = datasets.MetaQa(
        config=metaqa.config_name(hops), data_dir=data_dir
    )
    given = {
        split: metaqa.load(builder, split, manual_dir)
        for split in ("validation", "test")
    }
    knowledge = Knowledge(builder.info.metadata["triples"])
    splits = {
        split: [_questions.read(knowledge, question) for question in found]
        for split, found in given.items()
    }
    held_out = [(q.topic, q.path) for found in splits.values() for q in found]
    splits["train"] = _questions.generate(knowledge, hops, count, held_out)
    if hops == 1:
        splits["train"] += [
            _questions.read(knowledge, question, paraphrased=True)
            for question in given["validation"][_PARAPHRASED]
            if question.paraphrase
        ]
        splits["validation"] = splits["validation"][_VALIDATES]
    return Data(knowledge, splits)


def sizes(knowledge, questions, memories, marks=()):
    """What a network needs to know: entities, relations, words of training.

    Args:
        knowledge: a `Knowledge`.
        questions: those of training.
        memories: triples that a question is handed.
        marks: the words that triples are marked with.

    Returns:
        A dict of arguments of a network.
    """
    known = [*knowledge.words, *knowledge.relations, *marks]
    texts = [question.text for question in questions]
    words = layers.build_vocabulary(texts)
    return {
        "vocabulary": [*known, *sorted(set(words) - set(known))],
        "sentence_length": max(len(text.split()) for text in texts),
        "memory_size": memories,
    }


class Memories:
    """Hands questions the triples that key hashing finds, as word ids.

    Args:
        knowledge: a `Knowledge`.
        hops: steps from the entity of a question.
        memories: `S`, triples that a question is handed.
        frequent: see `Knowledge.near`.
        marked: how each is marked, see `marks.Marks`; None for no marks, and
            triples drawn from all in the room that is left.

    Attributes:
        marks: the `Marks` of all triples that were found so far, or None.
    """

    def __init__(self, knowledge, hops, memories, frequent, marked="steps"):
        self.knowledge = knowledge
        self.hops = hops
        self.memories = memories
        self.frequent = frequent
        self.marks = Marks(marked, knowledge.relations) if marked else None

    def find(self, questions):
        """Places of triples `(N, S)`, -1 for none, and of their marks."""
        places = np.full((len(questions), self.memories), -1, "int32")
        marks = np.zeros(places.shape, "int16")
        random = np.random.default_rng(0)
        for row, question in enumerate(questions):
            near = self.knowledge.near(
                question.topic, self.hops, self.memories, self.frequent
            )
            count = len(near.places)
            places[row, :count] = near.places
            if self.marks:
                marks[row, :count] = self.marks.of(near)
            else:
                places[row, count:] = random.integers(
                    len(self.knowledge.objects), size=self.memories - count
                )
        return places, marks

    def ids(self, word_ids, places, marks):
        """Word ids `(N, S, W)` of triples, marked or not.

        Args:
            word_ids: the `layers.WordIds` of the network.
            places: see `find`.
            marks: see `find`.
        """
        knowledge = self.knowledge
        entities = word_ids.word_id(knowledge.words).numpy()
        relations = word_ids.word_id(knowledge.relations).numpy()
        parts = [
            entities[knowledge.subjects[places]],
            relations[knowledge.relation_of[places]],
            entities[knowledge.objects[places]],
        ]
        if self.marks:
            words = word_ids.word_id(self.marks.words).numpy()
            parts.insert(0, words[marks])
        return np.stack(parts, axis=-1) * (places >= 0)[..., None]

    def right(self, questions, places):
        """Whether each triple's object is an answer, bool `(N, S)`."""
        right = np.zeros(places.shape, bool)
        for row, question in enumerate(questions):
            right[row] = np.isin(
                self.knowledge.objects[places[row]], question.answers
            )
        return right & (places >= 0)

    def encode(self, word_ids, questions, found=None):
        """Questions as a network takes them: `(x, y)`.

        Args:
            word_ids: the `layers.WordIds` of the network.
            questions: a list of `questions.Asked`.
            found: what `find` returned for them, if it was called before.
        """
        places, marks = found or self.find(questions)
        texts = [question.text for question in questions]
        x = {
            "story": self.ids(word_ids, places, marks).astype("int32"),
            "question": word_ids(texts).numpy(),
        }
        return x, {"answer": self.right(questions, places)}


def shuffled(x, y, seed=0):
    """Labels as `Memories.encode` makes them, drawn anew for every question.

    As many memories of a question are right as before, but others.
    """
    random = np.random.default_rng(seed)
    filled = x["story"].any(axis=-1)
    drawn = np.where(filled, random.random(filled.shape), 2.0)
    order = np.argsort(drawn, axis=1)  # the filled slots in random order
    rank = np.argsort(order, axis=1)
    return {"answer": rank < y["answer"].sum(axis=1, keepdims=True)}
