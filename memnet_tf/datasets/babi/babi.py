"""bAbI as a dataset builder."""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds

from memnet_tf.datasets.babi import three_facts
from memnet_tf.datasets.babi.source import FOLDERS, TASKS, file_name, read
from memnet_tf.datasets.babi.stories import parse

# Where not every copy has the training file of task 3.
_LARGE = ("en-10k", "en-valid-10k")
_STORIES = 2000  # of which 400 are there
_SIMULATED_SEED = 3


@dataclasses.dataclass
class BabiConfig(tfds.core.BuilderConfig):
    """Some tasks of a folder.

    Attributes:
        folder: one of `source.FOLDERS`.
        tasks: the tasks, in order.
        simulated: whether task 3's training data is made up here from the
            files that are there and from simulated stories.
    """

    folder: str = "en"
    tasks: tuple[int, ...] = (1,)
    simulated: bool = False


def config_name(folder, task=None, simulated=False):
    """The name of a config.

    Args:
        folder: `"en"` or `"en-10k"`, with the official training and test
            splits; `"en-valid"` or `"en-valid-10k"`, which take a
            validation split from training.
        task: 1 to 20; None for all, joint.
        simulated: for task 3 and for all of a 10k folder, whether most of
            task 3's training data is simulated.

    Example:

    >>> config_name("en-10k", 3, simulated=True)
    'en_10k_qa3_simulated'
    >>> config_name("en-valid")
    'en_valid_joint'
    """
    name = folder.replace("-", "_")
    name += "_joint" if task is None else f"_qa{task}"
    return f"{name}_simulated" if simulated else name


def _configs():
    every = tuple(range(1, len(TASKS) + 1))
    for folder in FOLDERS:
        for task in (*every, None):
            for simulated in (False, True):
                if simulated and (
                    folder not in _LARGE or task not in (3, None)
                ):
                    continue
                about = f"Task {task}" if task else "All tasks"
                about += f" of the folder {folder}."
                if simulated:
                    about += (
                        " Of task 3, most training questions are simulated: "
                        "not made by bAbI's authors."
                    )
                yield BabiConfig(
                    name=config_name(folder, task, simulated),
                    description=about,
                    folder=folder,
                    tasks=every if task is None else (task,),
                    simulated=simulated,
                )


class Babi(tfds.core.GeneratorBasedBuilder):
    """The 20 bAbI tasks: short stories, each task with a skill to learn.

    Nothing is downloaded: bAbI's folder or archive is to be in `manual_dir`.
    Questions stand in the order of the files, tasks one after the other.
    The test split is the official one.

    Some copies lack the training file of task 3 in the 10k folders. The
    configs that end in `_simulated` do without: they train on the stories
    of the 1k training file and of `en-valid-10k`'s validation file (400
    stories, of which 385 differ), and, for the rest, on stories told by
    `three_facts`. Such questions are marked: their feature `simulated` is
    True.
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = list(_configs())
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "Put the folder tasks_1-20_v1-2, or an archive of it such as "
        "babi_tasks_1-20_v1-2_en.tar.xz, into `manual_dir`."
    )

    def _info(self):
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "story": tfds.features.Sequence(tfds.features.Text()),
                    "question": tfds.features.Text(),
                    "answer": tfds.features.Text(),
                    "support": tfds.features.Sequence(np.int32),
                    "task": np.int32,
                    "simulated": np.bool_,
                }
            ),
            homepage="https://arxiv.org/abs/1502.05698",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        config = self.builder_config
        splits = {"train": "train", "test": "test"}
        if config.folder.startswith("en-valid"):
            splits["validation"] = "valid"
        names = {
            (task, split): file_name(config.folder, task, file)
            for task in config.tasks
            for split, file in splits.items()
        }
        if config.simulated:
            names.pop((3, "train"))
            names[3, "small"] = file_name("en", 3, "train")
            names[3, "held out"] = file_name("en-valid-10k", 3, "valid")
        texts = read(dl_manager.manual_dir, list(names.values()))
        return {
            split: self._generate_examples(split, names, texts)
            for split in splits
        }

    def _generate_examples(self, split, names, texts):
        number = 0
        for task in self.builder_config.tasks:
            if (task, split) in names:
                stories = parse(texts[names[task, split]], task)
            else:
                stories = self._three_facts(names, texts)
            for story in stories:
                for example in story:
                    yield number, dataclasses.asdict(example)
                    number += 1

    def _three_facts(self, names, texts):
        """Training stories of task 3, where its file is missing."""
        validation = parse(texts[names[3, "held out"]], 3)
        stories = parse(texts[names[3, "small"]], 3)
        count = _STORIES
        if self.builder_config.folder == "en-valid-10k":
            count -= len(validation)
        else:
            stories += validation
        different = {_key(story): story for story in stories}
        if self.builder_config.folder == "en-valid-10k":
            for story in validation:
                different.pop(_key(story), None)
        told = three_facts.tell(count - len(different), _SIMULATED_SEED)
        return [*different.values(), *told]


def _key(story):
    return story[-1].story, tuple(example.question for example in story)
