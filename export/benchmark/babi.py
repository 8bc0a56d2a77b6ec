"""Questions of bAbI, short stories and long ones, to networks of its size."""

import time

import keras
import numpy as np

from experiments.babi import data, recipes
from export.benchmark import setting
from export.benchmark.timing import Measured
from memnet_tf import text

TASKS = range(1, 21)
QUESTIONS = 64  # of each task
_MODELS = (recipes.memn2n, recipes.two_reader)


def load(data_dir, manual_dir, tasks=TASKS):
    """The tasks as text, see `experiments.babi.data.load`.

    Raises:
        FileNotFoundError: bAbI is not in `manual_dir`.
    """
    return {
        task: data.load(task, "1k", data_dir, manual_dir, ("train", "test"))
        for task in tasks
    }


def networks(texts):
    """Networks of all tasks by name, their weights drawn at random."""
    keras.utils.set_random_seed(1)
    made = {}
    for recipe in (model(joint=True) for model in _MODELS):
        size = data.sizes(texts, recipe.most_memories)
        made[recipe.model] = recipe.build(*size)
    return made


def requests(texts, batch_size):
    """Test questions, as many of each task, as a Session takes them.

    They are in an order drawn at random, so that a batch has stories of all
    lengths, padded to its longest.

    Args:
        texts: what `load` returns.
        batch_size: questions in a request; what is left over is left.
    """
    stories, questions = [], []
    for splits in texts.values():
        x, _ = splits["test"]
        places = np.linspace(0, len(x["question"]) - 1, QUESTIONS).astype(int)
        stories += [x["story"][place] for place in places]
        questions += [x["question"][place] for place in places]
    order = np.random.default_rng(1).permutation(len(questions))
    made = []
    for start in range(0, len(order) - batch_size + 1, batch_size):
        asked = order[start : start + batch_size]
        inputs = {
            "story": text.as_stories([stories[n] for n in asked], len(asked)),
            "question": text.as_questions([questions[n] for n in asked]),
        }
        made.append(setting.as_bytes(inputs))
    return made


def measure(session, requests):
    """`Measured` of every request once, one after the other."""
    latencies = []
    for inputs in requests:
        started = time.perf_counter()
        session.run(inputs)
        latencies.append(time.perf_counter() - started)
    return Measured(latencies, len(latencies) / sum(latencies))
