"""Text to word ids: where strings enter the network."""

import collections
import re
import unicodedata

import keras
import tensorflow as tf

_PUNCTUATION = r"[^\pL\pM\pN'\-\s%s]+"
_MARK_BEFORE_WORD = r"(^|\s)['\-]+"
_MARK_AFTER_WORD = r"['\-]+(\s|$)"


@keras.saving.register_keras_serializable("memnet_tf")
class WordIds(keras.Layer):
    """Turns sentences into word ids: lower case, without punctuation.

    Marks of punctuation that the vocabulary has, such as `"."`, are words.

    Id 0 is padding, the next `unknown_words` ids are for words outside the
    vocabulary (by a hash of the word, so that one word always has one id),
    then come the words of the vocabulary in order.

    Args:
        vocabulary: the known words, without repeats.
        sentence_length: `W`, words kept of a sentence; the rest is cut.
        unknown_words: number of ids for words outside the vocabulary.

    Call arguments:
        text: strings `(...)`, a tensor, an array or nested lists.

    Output:
        Ids int32 `(..., W)`.

    Example:

    >>> word_ids = WordIds(["john", "went"], sentence_length=3)
    >>> word_ids([["John went!", ""], ["Who?", "went John"]]).numpy().tolist()
    [[[2, 3, 0], [0, 0, 0]], [[1, 0, 0], [3, 2, 0]]]
    """

    def __init__(self, vocabulary, sentence_length, unknown_words=1, **kwargs):
        super().__init__(**kwargs)
        repeated = [
            word
            for word, n in collections.Counter(vocabulary).items()
            if n > 1 or not word
        ]
        if repeated or not len(vocabulary):
            raise ValueError(
                "Expected `vocabulary` to be a list of different words. "
                f"Received repeated or empty: {repeated[:5]} of "
                f"{len(vocabulary)} words"
            )
        if sentence_length < 1 or unknown_words < 1:
            raise ValueError(
                "Expected `sentence_length` and `unknown_words` to be at "
                f"least 1. Received: {sentence_length} and {unknown_words}"
            )
        self.vocabulary = list(vocabulary)
        self.marks = "".join(filter(_is_mark, self.vocabulary))
        self.sentence_length = sentence_length
        self.unknown_words = unknown_words
        self.lookup = keras.layers.StringLookup(
            vocabulary=self.vocabulary,
            num_oov_indices=unknown_words,
            mask_token="",
        )
        # Strings are looked up before a compiled step, never inside one.
        self.lookup.supports_jit = True

    def __call__(self, text, **kwargs):
        if not isinstance(text, keras.KerasTensor):
            text = tf.convert_to_tensor(text)  # Keras takes no list of strings
        return super().__call__(text, **kwargs)

    def build(self, text_shape):
        self.lookup.build(text_shape)

    @property
    def vocabulary_size(self):
        """`V`, number of ids, padding and unknown words included."""
        return 1 + self.unknown_words + len(self.vocabulary)

    def call(self, text):
        return tf.cast(self.lookup(self.words(text)), tf.int32)

    def words(self, text):
        """The words themselves, strings `(..., W)`, padded with ""."""
        text = tf.convert_to_tensor(text)
        if text.dtype != tf.string:
            raise ValueError(
                f"Expected `text` to be strings. Received: {text.dtype}"
            )
        text_of_words = normalize(tf.reshape(text, [-1]), self.marks)
        words = tf.strings.split(text_of_words)
        words = words.to_tensor("", shape=[None, self.sentence_length])
        words = tf.reshape(
            words, tf.concat([tf.shape(text), [self.sentence_length]], 0)
        )
        return tf.ensure_shape(words, [*text.shape, self.sentence_length])

    def word_id(self, words):
        """Ids int32 `(...)` of single words or answers `(...)`, as given."""
        words = tf.strings.lower(tf.convert_to_tensor(words), "utf-8")
        return tf.cast(self.lookup(words), tf.int32)

    def known_ids(self, words, name):
        """The ids of single words that are all in the vocabulary, a list.

        Args:
            words: a list of strings, as given.
            name: of the argument that they are.

        Raises:
            ValueError: some are not in the vocabulary.
        """
        ids = self.word_id(tf.constant(list(words), "string"))
        ids = ids.numpy().tolist()
        unknown = [
            word
            for word, word_id in zip(words, ids, strict=True)
            if word_id <= self.unknown_words
        ]
        if unknown:
            raise ValueError(
                f"Expected `{name}` to be words of the vocabulary. "
                f"Received: {unknown[:5]}"
            )
        return ids

    def all_words(self):
        """The word of every id, a list of `V`; "" where there is none."""
        return [""] * (1 + self.unknown_words) + self.vocabulary

    def compute_output_spec(self, text):
        return keras.KerasTensor(
            (*text.shape, self.sentence_length), dtype="int32"
        )

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary": self.vocabulary,
            "sentence_length": self.sentence_length,
            "unknown_words": self.unknown_words,
        }


def normalize(text, marks=""):
    """Lower case, punctuation to spaces; "-" and "'" stay inside words.

    Args:
        text: strings.
        marks: marks of punctuation to keep, as words of their own.
    """
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8")
    text = tf.strings.lower(text, "utf-8")
    kept = re.escape(marks)
    text = tf.strings.regex_replace(text, _PUNCTUATION % kept, " ")
    if marks:
        text = tf.strings.regex_replace(text, f"([{kept}])", r" \1 ")
    text = tf.strings.regex_replace(text, _MARK_BEFORE_WORD, " ")
    return tf.strings.regex_replace(text, _MARK_AFTER_WORD, " ")


def _is_mark(word):
    return (
        len(word) == 1
        and word not in "'-"
        and unicodedata.category(word)[0] in "PS"
    )


def build_vocabulary(texts, answers=(), marks=""):
    """The words of `texts` and the `answers` (each kept whole).

    The most frequent word comes first; equally frequent ones stand in
    alphabetical order. Use texts of the training split only.

    Args:
        texts: iterable of sentences.
        answers: iterable of answers.
        marks: marks of punctuation that are words, too, such as `".?"`.

    Raises:
        ValueError: `marks` has letters, "-" or "'".

    Example:

    >>> build_vocabulary(["John got the milk.", "Where is the milk?"])
    ['milk', 'the', 'got', 'is', 'john', 'where']
    >>> build_vocabulary(["John got the milk."], marks=".")
    ['.', 'got', 'john', 'milk', 'the']
    """
    if not all(map(_is_mark, marks)):
        raise ValueError(
            "Expected `marks` to be marks of punctuation, without hyphens and "
            f"apostrophes. Received: {marks!r}"
        )
    counts: collections.Counter[str] = collections.Counter()
    sentences = collections.Counter(texts)
    if sentences:
        keys = list(sentences)
        split = tf.strings.split(normalize(tf.constant(keys), marks)).to_list()
        for sentence, words in zip(keys, split, strict=True):
            for word in words:
                counts[word.decode()] += sentences[sentence]
    for answer in answers:
        counts[answer.lower()] += 1
    return sorted(counts, key=lambda word: (-counts[word], word))
