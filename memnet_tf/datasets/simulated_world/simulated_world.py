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
    """

    question_set: str = "actor"
    difficulty: int = 1
    questions: int = 3000
    story_length: int = 30


def config_name(question_set, difficulty, questions=3000):
    """The name of a config, such as `"d1_actor_and_object_30000"`."""
    name = f"d{difficulty}_{question_set.replace(' ', '_')}"
    return name if questions == 3000 else f"{name}_{questions}"


class SimulatedWorld(tfds.core.GeneratorBasedBuilder):
    """Characters move, pick up and drop; questions ask where things are.

    Made here from fixed seeds: nothing is downloaded. 7,000 statements and
    3,000 questions a split, as in the paper, or 70,000 and 30,000 to train.
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        SimulatedWorldConfig(
            name=config_name(question_set, difficulty, questions),
            question_set=question_set,
            difficulty=difficulty,
            questions=questions,
        )
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
        )
        for number, example in enumerate(examples):
            yield number, dataclasses.asdict(example)
