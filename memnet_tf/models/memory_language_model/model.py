"""A language model that remembers what it read, and says it again."""

import numpy as np

from memnet_tf.checks import positive_ints
from memnet_tf.memory_store import LeastUseful
from memnet_tf.models.memn2n_language_model.texts import Score
from memnet_tf.models.memory_language_model import exporting
from memnet_tf.models.memory_language_model import neighbours as _neighbours
from memnet_tf.models.memory_language_model.neighbours import (
    LEAST,
    Neighbours,
)

UNKNOWN = 1  # the id of words outside the vocabulary
_PLACES = 64  # read at once


class MemoryLanguageModel:
    """A trained language model beside a memory of what it read.

    Grave et al. 2017 (a continuous cache, 1612.04426) and Khandelwal et al.
    2020 (kNN-LM, 1911.00172): the memory holds the state `h_i` of the model
    at every place that was read, and the word `w_i` that came there. With
    the `k` memories nearest to the present state,
    `p_memory(w) = sum_{i: w_i = w} softmax_i(sharpness h . h_i)` and
    `p(w) = (1 - share) p_model(w) + share p_memory(w)`.

    Nothing is trained. The memory is written while a text is read, after its
    words were said: it is a `MemoryStore`, so it is bounded, forgets by the
    store's rule, is searched by ScaNN where it is large, and outlives a text.
    The last 64 places or fewer are compared before they are in the store.
    By the rule `LeastUseful`, a memory is as useful as the share that it gave
    to the right word when it was last found.

    Args:
        model: a trained Keras model. Of ids `(B, T)`, 0 for no word, it makes
            a dict of `"answer"`, logits `(B, L, V)` of the next word after
            the last `L` words, and `"states"`, `(B, L, d)`.
        all_words: the word of every id, a list of `V`: id 0 is no word, id 1
            any word that is not in the list.
        context: words that the model reads before it says one, or more: it
            is given `T = context + L - 1`.
        store: a `MemoryStore` of dimension `d`. Its metric is the measure of
            similarity, and it may hold what was read before.
        k: memories found for a place.
        share: of the memory, from 0 to 1.
        sharpness: how much nearer memories count for more.

    Raises:
        ValueError: a number is not as described.

    Example:

    >>> from memnet_tf.memory_store import MemoryStore
    >>> network = MemN2NLanguageModel(["the", "cat", "sat"], 5, units=4, hops=2)
    >>> store = MemoryStore(dimension=4, capacity=1000)
    >>> model = MemoryLanguageModel(
    ...     network, network.all_words(), network.memory_size, store, share=0.5
    ... )
    >>> text = "the cat sat " * 9
    >>> network.score(text).perplexity > model.score(text).perplexity
    True
    >>> len(store)
    27
    """

    def __init__(
        self,
        model,
        all_words,
        context,
        store,
        k=64,
        share=0.1,
        sharpness=1.0,
    ):
        positive_ints(context=context, k=k)
        if not 0 <= share <= 1 or not sharpness >= 0:
            raise ValueError(
                "Expected `share` from 0 to 1 and `sharpness` of at least 0. "
                f"Received: {share} and {sharpness}"
            )
        self.model = model
        self.all_words = list(all_words)
        self.context = context
        self.store = store
        self.k = k
        self.share = share
        self.sharpness = sharpness
        self._id_of = {word: id for id, word in enumerate(self.all_words)}
        self._word_of = np.zeros(0, "int32")  # of every memory, by its id
        held = list(store)
        if held:
            self._note(held, self._ids(store.read(held).records))

    def score(self, text):
        """How likely the words of a text are, each after those before it.

        The text is remembered.

        Args:
            text: a string.

        Returns:
            A `Score`, as `MemN2NLanguageModel.score`.

        Raises:
            ValueError: the text is no string.
        """
        words = self._ids(self._split(text))
        return self._scored(words, *self._read(words))

    def choose(self, text):
        """Chooses `share` and `sharpness`: those that say a text best.

        The text, of validation, is remembered.

        Args:
            text: a string.

        Returns:
            The `Score` of the text with them.
        """
        words = self._ids(self._split(text))
        of_model, found = self._read(words)
        self.share, self.sharpness = _neighbours.best_mixture(
            of_model, found, words
        )
        return self._scored(words, of_model, found)

    def _scored(self, words, of_model, found):
        """The `Score` of words, of which the memory has `Neighbours`."""
        of_memory = found.shares(self.sharpness)
        of_memory = (of_memory * (found.words == words[:, None])).sum(axis=1)
        shares = self._mixed(of_model, of_memory, found)
        logs = np.log(np.maximum(shares, LEAST))
        return Score(
            words=tuple(self.all_words[word] for word in words),
            log_probabilities=logs,
            perplexity=float(np.exp(-logs.mean())) if len(logs) else 1.0,
        )

    def generate(self, prompt, words=20, temperature=1.0, seed=0):
        """Goes on with a text; it and what is said are remembered.

        Args:
            prompt: a string; "" begins a text.
            words: number of words to say.
            temperature: see `MemN2NLanguageModel.generate`.
            seed: another seed draws other words.

        Returns:
            A string of the words, without the prompt.

        Raises:
            ValueError: `prompt` is no string, `words` no positive int, or
                `temperature` negative.
        """
        positive_ints(words=words)
        if temperature < 0:
            raise ValueError(
                f"Expected `temperature` of at least 0. Received: {temperature}"
            )
        said = self._ids(self._split(prompt))
        self._read(said)
        random = np.random.default_rng(seed)
        for _ in range(words):
            shares, state = self._next(said)
            logs = np.log(np.maximum(shares, LEAST))
            # The highest after Gumbel noise: drawn from p ** (1 / t).
            logs = logs + temperature * random.gumbel(size=len(logs))
            word = np.int32(logs[UNKNOWN:].argmax() + UNKNOWN)
            said = np.append(said, word)
            self._write(state, said[-1:])
        return " ".join(self.all_words[word] for word in said[-words:])

    def export(self, filepath, flavour=None, verbose=False):
        """Writes a SavedModel that says next words, with the memory as it is.

        Its signature `next_word` takes `text`, strings `(B,)`, and returns
        `answer` `(B,)` and its probability `score` `(B,)`; `answers` and
        `scores` `(B, 5)`, the likeliest first. A request changes nothing;
        the export counts as a read of every memory.

        Args:
            filepath: the folder to write, new or an earlier SavedModel. It
                appears when it is whole.
            flavour: how memories are found there; by default as suits their
                number. See `layers.retrieval.flavours`.
            verbose: whether to print the signature.

        Returns:
            A `saved_model.Exported`: the signature and the flavour.

        Raises:
            ValueError: nothing is remembered, `filepath` is a folder of other
                things, or there is no such flavour.
        """
        held = list(self.store)
        if not held:
            raise ValueError(
                "Expected a model that remembers what it read. Received: an "
                "empty store"
            )
        states = self.store.read(held).vectors
        words = self._word_of[held]
        return exporting.export(self, filepath, states, words, flavour, verbose)

    def _next(self, said):
        """Probabilities `(V,)` of the next word, and the state `(1, d)`."""
        shares, states = self._say(said, len(said), 1)
        found = self._search(states)
        of_memory = np.zeros(shares.shape)
        np.add.at(of_memory[0], found.words[0], found.shares(self.sharpness)[0])
        return self._mixed(shares, of_memory, found)[0], states

    def _read(self, words):
        """Reads and remembers a text.

        Args:
            words: int32 `(P,)`.

        Returns:
            The model's probabilities `(P,)` of the words, and the
            `Neighbours` of their places.
        """
        of_model, found = [np.zeros(0)], [_neighbours.none(self.k)]
        for start in range(0, len(words), _PLACES):
            after = words[start : start + _PLACES]
            shares, states = self._say(words, start, len(after))
            of_model.append(shares[np.arange(len(after)), after])
            found.append(self._search(states, after))
            self._write(states, after)
        columns = zip(*found, strict=True)
        return np.concatenate(of_model), Neighbours(
            *map(np.concatenate, columns)
        )

    def _say(self, words, start, count):
        """Probabilities `(count, V)` of words from `start` on, and states."""
        places = _PLACES if count > 1 else 1  # two shapes are compiled
        run = words[max(0, start - self.context) : start + places - 1]
        before = max(0, self.context - start)
        after = self.context + places - 1 - before - len(run)
        run = np.pad(run, (before, after))
        outputs = self.model.predict_on_batch(run[None])
        logits = outputs["answer"][0, -places:][:count].astype("float64")
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return shares, outputs["states"][0, -places:][:count]

    def _search(self, states, after=None):
        """The `Neighbours` of places that follow one another.

        Args:
            states: `(P, d)`.
            after: int32 `(P,)`, the words that came; of a place, those at
                places before are found, too. None for a single place.
        """
        found = self.store.search(states, self.k)
        words = self._word_of[found.ids] if len(self._word_of) else found.ids
        stored = Neighbours(found.scores, words, found.mask)
        if after is None:
            return stored
        if isinstance(self.store.forgetting, LeastUseful):
            self._set_usefulness(found.ids, stored, after)
        scores = self._similarity(states)
        before = np.tri(len(states), k=-1, dtype=bool)
        recent = Neighbours(scores, np.tile(after, (len(after), 1)), before)
        both = zip(stored, recent, strict=True)
        return Neighbours(
            *(np.concatenate(pair, axis=1) for pair in both)
        ).nearest(self.k)

    def _similarity(self, states):
        """Of places with one another, `(P, P)`, as the store measures it."""
        products = states @ states.T
        if self.store.metric == "inner_product":
            return products
        squares = np.diag(products)
        return 2 * products - squares[:, None] - squares

    def _set_usefulness(self, ids, found, after):
        shares = found.shares(self.sharpness) * (found.words == after[:, None])
        ids, place = np.unique(ids[found.mask], return_inverse=True)
        usefulness = np.zeros(len(ids))
        np.maximum.at(usefulness, place, shares[found.mask])
        self.store.set_usefulness(ids, usefulness)

    def _write(self, states, words):
        kept = slice(-min(len(words), self.store.capacity), None)
        records = [self.all_words[word] for word in words[kept]]
        ids = self.store.write(states[kept], records)
        self._note(ids, words[kept])

    def _note(self, ids, words):
        """Keeps which words memories hold."""
        missing = max(ids) + 1 - len(self._word_of)
        if missing > 0:  # room for as many again
            room = missing + len(self._word_of)
            self._word_of = np.pad(self._word_of, (0, room))
        self._word_of[ids] = words

    def _mixed(self, of_model, of_memory, found):
        there = found.mask.any(axis=1)
        return _neighbours.mixed(of_model, of_memory, there, self.share)

    def _split(self, text):
        if not isinstance(text, str):
            raise ValueError(f"Expected a text, a string. Received: {text!r}")
        return text.split()

    def _ids(self, words):
        found = [self._id_of.get(word, UNKNOWN) for word in words]
        return np.array(found, "int32")
