"""MetaQA as a dataset builder."""

import dataclasses

import tensorflow_datasets as tfds

from memnet_tf.datasets import manual
from memnet_tf.datasets.metaqa import source


@dataclasses.dataclass
class MetaQaConfig(tfds.core.BuilderConfig):
    """Questions of some hops.

    Attributes:
        hops: 1 to 3.
    """

    hops: int = 1


def config_name(hops):
    """The name of the config of questions of some hops, 1 to 3.

    Example:

    >>> config_name(2)
    '2_hop'
    """
    return f"{hops}_hop"


class MetaQa(tfds.core.GeneratorBasedBuilder):
    """Questions about films, each with all its answers (1709.04071).

    Nothing is downloaded: the folder of MetaQA, or an archive of it, is to be
    in `manual_dir`. A question asks of one entity, its `entity`, which stands
    in brackets in the text, and goes 1, 2 or 3 steps from there in the
    knowledge base: its `type` says which, such as `actor_to_movie_to_year`.
    All `answers` are right. Questions of 1 hop have a `paraphrase`, which was
    translated to French and back.

    Splits are the official ones, `train` where its files are there: not every
    copy has them, and it has no paraphrases. `info.metadata["triples"]` is
    the knowledge base, a list of `[subject, relation, object]`.
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        MetaQaConfig(
            name=config_name(hops),
            description=f"Questions of {hops} hops.",
            hops=hops,
        )
        for hops in source.HOPS
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "Put the folder MetaQA, which holds kb.txt and the folders 1-hop, "
        "2-hop and 3-hop with qa_dev.txt, qa_dev_qtype.txt, qa_test.txt and "
        "qa_test_qtype.txt, or an archive of it such as MetaQA.tar.xz, into "
        "`manual_dir`. Files qa_train.txt and qa_train_qtype.txt are read "
        "where they are there."
    )

    def _info(self):
        text = tfds.features.Text()
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "question": text,
                    "paraphrase": text,
                    "entity": text,
                    "answers": tfds.features.Sequence(text),
                    "type": text,
                }
            ),
            homepage="https://arxiv.org/abs/1709.04071",
            metadata=tfds.core.MetadataDict(),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        hops = self.builder_config.hops
        texts = manual.read(
            dl_manager.manual_dir,
            source.ROOT,
            [source.KNOWLEDGE_BASE, *source.names(hops, source.SPLITS[1:])],
            source.names(hops, source.SPLITS[:1])
            + source.paraphrase_names(hops),
        )
        self.info.metadata.update(
            triples=source.parse_triples(texts[source.KNOWLEDGE_BASE])
        )
        return {
            split: self._generate_examples(
                source.parse_questions(texts, hops, split)
            )
            for split in source.SPLITS
            if set(source.names(hops, [split])) <= set(texts)
        }

    def _generate_examples(self, examples):
        yield from enumerate(examples)
