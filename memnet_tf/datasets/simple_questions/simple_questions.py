"""SimpleQuestions as a dataset builder."""

import tensorflow_datasets as tfds

from memnet_tf.datasets import manual
from memnet_tf.datasets.simple_questions import source


class SimpleQuestions(tfds.core.GeneratorBasedBuilder):
    """Questions that people asked of a triple, whose `object` answers.

    Nothing is downloaded: the folder of SimpleQuestions, or an archive of it,
    is to be in `manual_dir`. An example has the triple, `subject`, `relation`
    and `object`, and the `question`, in the order of the files. Configs:

    - `freebase`: SimpleQuestions v2 (1506.02075); ids such as `m/0f3xg_` and
      relations such as `people/person/place_of_birth`;
    - `wikidata`: the same questions where Wikidata has their triple; ids such
      as `Q42` and relations such as `P19`, or `R19` where a property is
      followed from its object to its subject;
    - `wikidata_answerable`: those whose triple Wikidata held when they were
      mapped.

    Splits are the official ones; of `freebase`, `train` where its file is
    there: not every copy has it. Texts of entities are no part of it.
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name=name, description=f"Triples of {name}.")
        for name in source.CONFIGS
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "Put the folder SimpleQuestions, which holds the folder "
        "SimpleQuestions_v2 and annotated_wd_data_train.txt, or an archive of "
        "it such as SimpleQuestions.tar.xz, into `manual_dir`."
    )

    def _info(self):
        text = tfds.features.Text()
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                dict.fromkeys(source.FIELDS, text)
            ),
            homepage="https://arxiv.org/abs/1506.02075",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        names = source.files(self.builder_config.name)
        optional = source.missing_in_some(self.builder_config.name)
        texts = manual.read(
            dl_manager.manual_dir,
            source.ROOT,
            [name for name in names.values() if name not in optional],
            optional,
        )
        return {
            split: self._generate_examples(texts[name])
            for split, name in names.items()
            if name in texts
        }

    def _generate_examples(self, text):
        yield from enumerate(source.parse(text))
