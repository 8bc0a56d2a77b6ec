"""The Penn Treebank as a dataset builder."""

import tensorflow_datasets as tfds

from memnet_tf.datasets import manual

ROOT = "ptb"
FILES = {
    "train": "ptb.train.txt",
    "validation": "ptb.valid.txt",
    "test": "ptb.test.txt",
}


class Ptb(tfds.core.GeneratorBasedBuilder):
    """Sentences of the Wall Street Journal, as language models read them.

    The splits and words of Mikolov et al.: lower case, no punctuation, `N`
    for a number, `<unk>` for a word that is not one of the 10,000 most
    frequent. Words stand between spaces, sentences in the order of the
    files.

    Nothing is downloaded: the files are to be in `manual_dir`. The text is
    licensed by the Linguistic Data Consortium.
    """

    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "Put the folder ptb, which holds ptb.train.txt, ptb.valid.txt and "
        "ptb.test.txt, or an archive of it such as ptb_mikolov.tar.xz, into "
        "`manual_dir`."
    )

    def _info(self):
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict({"text": tfds.features.Text()}),
            homepage="https://catalog.ldc.upenn.edu/LDC99T42",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        names = list(FILES.values())
        texts = manual.read(dl_manager.manual_dir, ROOT, names)
        return {
            split: self._generate_examples(texts[name])
            for split, name in FILES.items()
        }

    def _generate_examples(self, text):
        for number, line in enumerate(text.splitlines()):
            yield number, {"text": " ".join(line.split())}
