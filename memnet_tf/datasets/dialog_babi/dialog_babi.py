"""Dialog bAbI as a dataset builder."""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds

from memnet_tf.datasets.dialog_babi import dialogs, source


@dataclasses.dataclass
class DialogBabiConfig(tfds.core.BuilderConfig):
    """A task.

    Attributes:
        task: 1 to 6.
    """

    task: int = 1


def config_name(task):
    """The name of the config of a task, 1 to 6.

    Example:

    >>> config_name(5)
    'task5'
    """
    return f"task{task}"


class DialogBabi(tfds.core.GeneratorBasedBuilder):
    """The 6 dialog bAbI tasks: booking restaurants in words.

    Nothing is downloaded: the folder of the tasks, or an archive of it, is
    to be in `manual_dir`. An example is a turn of the bot: the `story` is
    what was said before (see `dialogs.Turn`), the `question` what the user
    says, the `answer` what the bot is to say. Turns stand in the order of
    the files, and `dialog` tells those of one dialog.

    Splits are the official ones; tasks 1 to 5 also have `test_oov`, with
    restaurants, cuisines and places that are in no other split.
    `info.metadata` has the `candidates`, all that the bot can say, and the
    `entities`, a dict of the words of the knowledge base by their type.
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        DialogBabiConfig(
            name=config_name(task), description=f"Task {task}.", task=task
        )
        for task in range(1, len(source.TASKS) + 1)
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "Put the folder dialog-bAbI-tasks, or an archive of it such as "
        "dialog-bAbI-tasks.tar.xz, into `manual_dir`."
    )

    def _info(self):
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "story": tfds.features.Sequence(tfds.features.Text()),
                    "question": tfds.features.Text(),
                    "answer": tfds.features.Text(),
                    "dialog": np.int32,
                    "turn": np.int32,
                }
            ),
            homepage="https://arxiv.org/abs/1605.07683",
            metadata=tfds.core.MetadataDict(),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        task = self.builder_config.task
        names = {
            split: source.file_name(task, split)
            for split in source.splits(task)
        }
        candidates = source.candidates_name(task)
        knowledge = source.knowledge_base_name(task)
        wanted = [*names.values(), candidates, knowledge]
        texts = source.read(dl_manager.manual_dir, wanted)
        self.info.metadata.update(
            candidates=dialogs.parse_candidates(texts[candidates]),
            entities=dialogs.parse_entities(texts[knowledge]),
        )
        return {
            split: self._generate_examples(texts[name])
            for split, name in names.items()
        }

    def _generate_examples(self, text):
        for number, turn in enumerate(dialogs.parse(text)):
            yield number, dataclasses.asdict(turn)
