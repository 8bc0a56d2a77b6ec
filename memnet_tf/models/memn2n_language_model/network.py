"""A network that reads the last words of a text and says the next one."""

import keras
from keras import ops

from memnet_tf import feeding, saved_model
from memnet_tf.checks import positive_ints
from memnet_tf.layers.input_map.bag_of_words import BagOfWords
from memnet_tf.layers.input_map.word_ids import WordIds
from memnet_tf.layers.output_map.half_relu_update import HalfReLUUpdate
from memnet_tf.layers.output_map.output_map import OutputMap
from memnet_tf.layers.output_map.window_read import WindowRead
from memnet_tf.layers.output_map.window_score import WindowScore
from memnet_tf.layers.response.word_response import WordResponse
from memnet_tf.memory import Memory
from memnet_tf.models.memn2n_language_model import texts as _texts
from memnet_tf.network import Network
from memnet_tf.training import losses

UNKNOWN = "<unk>"  # any word outside the vocabulary
_QUESTION = 0.1  # every feature of the question, which is the same always
_STDDEV = 0.05  # of all weights at first


@keras.saving.register_keras_serializable("memnet_tf")
class MemN2NLanguageModel(Network):
    """MemN2N whose memories are the last words, and whose answer the next.

    With the last words `x_1` to `x_S`, embeddings `A`, `C` and vectors of
    their age (Sukhbaatar et al. 2015, section 5): `u_1 = 0.1`, a constant;
    `p = softmax(u_k . (A x_i + T_A(i)))`;
    `u_{k+1} = f(H u_k + sum_i p_i (C x_i + T_C(i)))`, where `f` rectifies
    half of the units; the next word is `softmax(W u_{K+1})`.

    What is ours: `T_A` begins so that the first hop reads the `n`-th newest
    word with an address of about `1 / n`. Where ages begin all alike, some
    seeds find no hop for the words just before the next.

    Texts are words between white space and are read as they are written.
    Words outside the vocabulary are one word more, `<unk>`. Where sentences
    end in training with a word such as `<eos>`, they should everywhere.

    Args:
        vocabulary: the known words, without `<unk>`.
        memory_size: `S`, words remembered.
        units: `d`, the size of an embedding.
        hops: `K`, how often the memory is read.
        addressing: see `layers.OutputMap`.
        k: see `layers.OutputMap`.
        dropout: share of the features of words, the same for all words of a
            run, and of those of the last state, that training leaves out.

    Call arguments:
        words: int ids `(B, T)`, the words of texts in order; 0 is no word.
            The next word is said at every place that has `S` before it, of
            which there are `L = T - S + 1`; where `T` is less, at the end.

    Output:
        Dict of `"answer"`, logits `(B, L, V)` of the next word; `"states"`,
        `(B, L, d)`, `u_{K+1}`; and `"addresses"`, `(B, L, K, S)`, the newest
        word last.

    Raises:
        ValueError: `<unk>` is in the vocabulary.

    Example:

    >>> network = MemN2NLanguageModel(["the", "cat", "sat"], 5, units=4, hops=2)
    >>> network.compile(keras.optimizers.SGD(0.1))
    >>> _ = network.fit("the cat sat " * 40, epochs=2, verbose=0)
    >>> score = network.score("the cat sat on")
    >>> score.words, score.log_probabilities.shape
    (('the', 'cat', 'sat', '<unk>'), (4,))
    >>> len(network.generate("the cat", words=3).split())
    3
    """

    def __init__(
        self,
        vocabulary,
        memory_size=100,
        units=150,
        hops=6,
        addressing="softmax",
        k=None,
        dropout=0.0,
        **kwargs,
    ):
        if UNKNOWN in vocabulary:
            raise ValueError(
                f"Expected `vocabulary` without {UNKNOWN}, which stands for "
                f"all other words. Received: {len(vocabulary)} words with it"
            )
        word_ids = WordIds(vocabulary, sentence_length=1)
        words = word_ids.vocabulary_size
        super().__init__(
            word_ids=word_ids,
            input_map=BagOfWords(words, units, tables=2, stddev=_STDDEV),
            output_map=OutputMap(
                hops,
                addressing,
                k,
                tying="layer_wise",
                update=HalfReLUUpdate(stddev=_STDDEV),
                score=WindowScore(
                    memory_size, _STDDEV, recency=1 / (_QUESTION * units)
                ),
                read=WindowRead(memory_size, stddev=_STDDEV),
            ),
            response=WordResponse(words, stddev=_STDDEV),
            **kwargs,
        )
        self.of_words = keras.layers.Dropout(
            dropout, noise_shape=(None, 1, 1, None)
        )
        self.of_state = keras.layers.Dropout(dropout)
        self.memory_size = memory_size
        self._arguments = {
            "vocabulary": list(vocabulary),
            "memory_size": memory_size,
            "units": units,
            "hops": hops,
            "addressing": addressing,
            "k": k,
            "dropout": dropout,
        }
        self.score_runs = _texts.compiled(self.log_probabilities)
        self.next_words = _texts.compiled(lambda words: self(words)["answer"])
        self.build()

    def build(self, input_shape=None):
        """Makes every weight, by a symbolic call."""
        self.word_ids(keras.KerasTensor((None,), "string"))
        self.call(keras.KerasTensor((None, self.memory_size), "int32"))
        self.built = True

    def call(self, words, training=False):
        size = self.memory_size
        if words.shape[1] is not None and words.shape[1] < size:
            words = ops.pad(words, [(0, 0), (size - words.shape[1], 0)])
        places = ops.shape(words)[1] - size + 1
        windows = ops.expand_dims(ops.arange(places), 1) + ops.arange(size)
        mask = ops.take(ops.not_equal(words, 0), windows, axis=1)
        mask = ops.reshape(mask, (-1, size))  # (B L, S)
        # The slots of all windows, those they share once: see `WindowScore`.
        features = self.input_map(ops.expand_dims(words, -1))
        memory = Memory(
            features=self.of_words(features, training=training),
            mask=mask,
            time=ops.zeros_like(mask, "int32"),
        )
        question = ops.ones_like(mask[:, :1], self.compute_dtype) * _QUESTION
        state, addresses = self.output_map(
            ops.repeat(question, self.input_map.units, axis=1),
            memory,
            training=training,
        )
        answer = self.response(self.of_state(state, training=training))
        return {
            name: ops.reshape(output, (-1, places, *output.shape[1:]))
            for name, output in (
                ("answer", answer),
                ("states", state),
                ("addresses", addresses),
            )
        }

    def log_probabilities(self, words, after):
        """Logarithms `(B, L)` of the probability of words that came next.

        Args:
            words: ids as in `call`.
            after: int ids `(B, L)`.
        """
        logits = ops.cast(self(words)["answer"], "float32")
        shares = ops.log_softmax(logits)
        return ops.take_along_axis(shares, after[..., None], axis=-1)[..., 0]

    def all_words(self):
        """The word of every id, a list of `V`."""
        return ["", UNKNOWN, *self.word_ids.vocabulary]

    def losses_by_default(self):
        return {"answer": losses.WordCrossEntropy()}

    def compile(
        self,
        optimizer="adam",
        loss=None,
        metrics=None,
        jit_compile=True,
        steps_per_execution=32,
        **kwargs,
    ):
        """As `Network.compile`, but the metric is a word's cross entropy.

        Its exponential is the perplexity.
        """
        metrics = metrics or {
            "answer": keras.metrics.MeanMetricWrapper(
                losses.word_cross_entropy, name="cross_entropy"
            )
        }
        super().compile(
            optimizer,
            loss,
            metrics,
            jit_compile,
            steps_per_execution,
            **kwargs,
        )

    def fit(
        self,
        x=None,
        y=None,
        batch_size=128,
        validation_data=None,
        seed=0,
        places=8,
        **kwargs,
    ):
        """Learns the next words of texts.

        A step reads runs of a text, drawn at random: `places` that follow
        one another share nearly all the words before them, which are looked
        up once. An epoch has as many places as there are words.

        Args:
            x: a string, or a list of strings that are read as one text.
            y: not used, the answers are in the text.
            batch_size: places a step, a multiple of `places`.
            validation_data: texts, as `x`, whose words are all measured
                after every epoch.
            seed: another seed draws other runs. The same runs follow one
                another if a training is stopped and goes on with
                `initial_epoch`.
            places: places of a run; 1 draws each by itself, as the published
                program does, and takes twice the time.
            **kwargs: see `keras.Model.fit`; `steps_per_epoch` makes epochs
                shorter.

        Raises:
            ValueError: there are fewer words than a run and its memories
                have, or `batch_size` is no multiple of `places`.
        """
        positive_ints(batch_size=batch_size, places=places)
        if batch_size % places:
            raise ValueError(
                f"Expected `batch_size` to be a multiple of {places} places. "
                f"Received: {batch_size}"
            )
        ids = _texts.ids(self, _as_list(x))
        words = [word for text in ids for word in text]
        least = self.memory_size + places
        if len(words) < least:
            raise ValueError(
                f"Expected texts of at least {least} words. "
                f"Received: {len(words)}"
            )
        if validation_data is not None:
            validation_data = self.encode(_as_list(validation_data))
            kwargs.setdefault("validation_batch_size", batch_size)
        steps = kwargs.pop("steps_per_epoch", -(-len(words) // batch_size))
        first = steps * kwargs.get("initial_epoch", 0)
        runs = feeding.runs(
            words, self.memory_size, places, batch_size // places, seed, first
        )
        return super().fit(
            runs.map(lambda words, after: (words, {"answer": after})),
            validation_data=validation_data,
            steps_per_epoch=steps,
            shuffle=False,
            **kwargs,
        )

    def encode(self, x, y=None):
        """What was before every word of texts, as `call` takes it.

        Args:
            x: a list of strings.
            y: not used.

        Returns:
            Ids int32 `(N, S)`, the newest last, and a dict of `"answer"`,
            ids `(N, 1)` of the words; they are those of all texts, `N`.
        """
        windows, after = _texts.encode(self, x)
        return windows, {"answer": after[:, None]}

    def score(self, texts):
        """How likely the words of texts are, each after those before it.

        Args:
            texts: a string, or a list of strings.

        Returns:
            A `texts.Score` with `words`, `log_probabilities` and
            `perplexity`; or a list of them.

        Raises:
            ValueError: texts are not strings.
        """
        if isinstance(texts, str):
            return self.score([texts])[0]
        return _texts.score(self, texts)

    def generate(self, prompt, words=20, temperature=1.0, seed=0):
        """Goes on with a text.

        Args:
            prompt: a string; "" begins a text.
            words: number of words to say.
            temperature: what logits are divided by before a word is drawn:
                lower is more likely, 0 says the likeliest word always.
            seed: another seed draws other words.

        Returns:
            A string of the words, without the prompt.

        Raises:
            ValueError: `prompt` is no string, `words` no positive int, or
                `temperature` negative.
        """
        return _texts.generate(self, prompt, words, temperature, seed)

    def signatures(self):
        """What an export offers: see `texts.signatures_of`."""
        return _texts.signatures_of(self)

    def export(self, filepath, verbose=False):
        """Writes a SavedModel with the network's `signatures`.

        Their input is `text`, strings `(batch,)`. The vocabulary is inside;
        a request changes nothing.

        Args:
            filepath: the folder to write, new or an earlier SavedModel. It
                appears when it is whole.
            verbose: whether to print the signatures.

        Returns:
            A `saved_model.Exported`: the signatures that were written.

        Raises:
            ValueError: `filepath` is a folder of other things.
        """
        return saved_model.write_saved_model(self, filepath, verbose)


def _as_list(texts):
    return [texts] if isinstance(texts, str) else texts
