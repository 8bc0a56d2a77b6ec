"""What is measured: a network of bAbI's size, and questions to it."""

import keras
import numpy as np

from memnet_tf.datasets.simulated_world.examples import tell
from memnet_tf.layers.input_map.word_ids import build_vocabulary
from memnet_tf.models import MemN2N

MEMORIES = 50
_VOCABULARY = 170  # words, about as many as all of bAbI's tasks have
_SENTENCE_LENGTH = 7


def examples(count, sentences):
    """`count` stories of that many sentences, and their questions."""
    told = tell(
        "actor and object",
        difficulty=5,
        statements=3 * (count + sentences),
        questions=2 * count + 2 * sentences,
        story_length=sentences,
        seed=1,
    )
    long = [example for example in told if len(example.story) == sentences]
    stories = [list(example.story) for example in long[:count]]
    return stories, [example.question for example in long[:count]]


def network(memories=MEMORIES):
    """MemN2N with 3 hops and 20 units, its weights drawn at random."""
    stories, questions = examples(200, 10)
    told = [sentence for story in stories for sentence in story]
    words = build_vocabulary(told + questions)
    words += [f"word{number}" for number in range(_VOCABULARY - len(words))]
    keras.utils.set_random_seed(1)
    made = MemN2N(words, _SENTENCE_LENGTH, memory_size=memories)
    made.compile()
    return made


def inputs(stories, questions):
    """Arrays of strings as the client sends them to `serving_default`.

    All stories have as many sentences.
    """
    story = [["", *story] for story in stories]
    return {
        "story": np.array(story, object),
        "question": np.array(questions, object),
    }


def as_bytes(inputs):
    """The same texts as bytes, which a Session and the C program take."""
    return {
        name: np.char.encode(array.astype(str), "utf-8").astype(object)
        for name, array in inputs.items()
    }
