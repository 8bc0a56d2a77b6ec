"""The simulated world of Weston et al. 2014 as a dataset builder."""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds

from memnet_tf.datasets.simulated_world.examples import KINDS, tell

# Every split is a world of its own.
_SEEDS = {"train": 1, "validation": 2, "test": 3}


@dataclasses.dataclass
class SimulatedWorldConfig(tfds.core.BuilderConfig):
    """A question set.

    Attributes:
        question_set: one of `examples.KINDS`.
        difficulty: how many statements back the first support may be.
        questions: questions of the training split; the others have 3,000.
        story_length: statements of a story at most.
        sentences: whether answers are whole sentences.
    """

    question_set: str = "actor"
    difficulty: int = 1
    questions: int = 3000
    story_length: int = 30
    sentences: bool = False


def config_name(question_set, difficulty, questions=3000, sentences=False):
    """The name of a config, such as `"d1_actor_30000_sentences"`."""
    name = f"d{difficulty}_{question_set.replace(' ', '_')}"
    name = name if questions == 3000 else f"{name}_{questions}"
    return f"{name}_sentences" if sentences else name


class SimulatedWorld(tfds.core.GeneratorBasedBuilder):
    """Characters move, pick up and drop; questions ask where things are.

    Made here from fixed seeds: nothing is downloaded. 7,000 statements and
    3,000 questions a split, as in the paper, or 70,000 and 30,000 to train.
    Answers are a word or, in the same worlds, a whole sentence.
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        SimulatedWorldConfig(
            name=config_name(question_set, difficulty, questions, sentences),
            question_set=question_set,
            difficulty=difficulty,
            questions=questions,
            sentences=sentences,
        )
        for sentences in (False, True)
        for questions in (3000, 30000)
        for difficulty in (1, 5)
        for question_set in KINDS
    ]

    def _info(self):
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "story": tfds.features.Sequence(tfds.features.Text()),
                    "question": tfds.features.Text(),
                    "answer": tfds.features.Text(),
                    "support": tfds.features.Sequence(np.int32),
                    "kind": tfds.features.Text(),
                }
            ),
            homepage="https://arxiv.org/abs/1410.3916",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        return {
            split: self._generate_examples(split, seed)
            for split, seed in _SEEDS.items()
        }

    def _generate_examples(self, split, seed):
        config = self.builder_config
        questions = config.questions if split == "train" else 3000
        examples = tell(
            config.question_set,
            config.difficulty,
            statements=questions * 7 // 3,
            questions=questions,
            story_length=config.story_length,
            seed=seed,
            sentences=config.sentences,
        )
        for number, example in enumerate(examples):
            yield number, dataclasses.asdict(example)
