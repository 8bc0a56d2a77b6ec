"""A client of a served network: text in, text out."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from export.client.errors import call_until
from export.client.rest_transport import RestTransport

_FEATURES = ("slots", "mask", "time", "sentence")


class Reply(NamedTuple):
    """What a network says, and what it read to say so.

    Attributes:
        answer: the answer, the first of `answers`.
        score: its share of the softmax over all answers.
        answers: the best five, "" where no other is possible.
        scores: their shares.
        attention: `(hops, sentences)`, the weight that each hop gave to each
            sentence of the story; `(hops, k)` for `k` memories read.
        support: the sentence that each hop read most, "" where none; for a
            network with a memory of its own, the `k` texts of each hop.
        ids: `(hops, k)`, the memories read; None for a story.
    """

    answer: str
    score: float
    answers: tuple[str, ...]
    scores: tuple[float, ...]
    attention: np.ndarray
    support: tuple
    ids: np.ndarray | None = None


class EncodedStory(NamedTuple):
    """A story in memory, to ask questions about.

    Attributes:
        sentences: how many sentences it has.
        inputs: what `respond` takes beside the question, by name.
    """

    sentences: int
    inputs: dict[str, np.ndarray]


class Client:
    """Asks a network on TensorFlow Serving, or on `export.serve`.

    Requests that find no server, or a full one, are sent again with growing
    waits while the deadline allows. A request changes nothing on a server.

    Every story is sent with one blank sentence before it. A server that
    merges requests pads shorter stories with the first element of the tensor,
    which is blank then and changes no answer. Replies do not show it.

    Args:
        model: name of the model on the server.
        grpc: `host:port` of the gRPC service; or
        rest: `http://host:port` of the REST service.
        version: number of a version; the newest if None.
        label: label of a version, instead of its number.
        deadline: seconds that a call may take, all attempts together.

    Raises:
        ValueError: not one of `grpc` and `rest` is given, or both `version`
            and `label`.

    Example, where a server listens:

        with Client("memn2n", rest="http://localhost:8501") as client:
            reply = client.answer(["John went to the garden"], "Where is John?")
            print(reply.answer, reply.score, reply.support)
    """

    def __init__(
        self,
        model,
        grpc=None,
        rest=None,
        version=None,
        label=None,
        deadline=10.0,
    ):
        if (grpc is None) == (rest is None):
            raise ValueError(
                "Expected either `grpc` or `rest`. "
                f"Received: grpc={grpc!r} and rest={rest!r}"
            )
        if version is not None and label is not None:
            raise ValueError(
                "Expected `version` or `label`, not both. "
                f"Received: {version} and {label!r}"
            )
        self.deadline = deadline
        connect = RestTransport if grpc is None else _grpc_transport
        self._transport = connect(grpc or rest, model, version, label)

    def answer(self, stories, questions):
        """Answers questions about stories, in one request.

        Args:
            stories: a list of sentences in order of time; or, for several
                questions, a list of such lists. None for a network with a
                memory of its own.
            questions: a string, or a list of strings.

        Returns:
            A `Reply`, or a list of them.

        Raises:
            ServingError: the server gave no reply.
            ValueError: stories or questions are not strings, or there are
                not as many of the one as of the other.
        """
        if isinstance(questions, str):
            stories = stories if stories is None else [stories]
            return self.answer(stories, [questions])[0]
        inputs = {"question": _questions(questions)}
        lengths = None
        if stories is not None:
            stories = [_strings(story, "story") for story in stories]
            if len(stories) != len(questions):
                raise ValueError(
                    "Expected as many `stories` as `questions`. Received: "
                    f"{len(stories)} and {len(questions)}"
                )
            inputs["story"] = _padded(stories)
            lengths = [len(story) for story in stories]
        return _replies(self._predict("serving_default", inputs), lengths)

    def encode(self, story):
        """A story, a list of sentences, as an `EncodedStory`."""
        story = _strings(story, "story")
        inputs = {"story": _padded([story])}
        outputs = self._predict("encode", inputs)
        return EncodedStory(
            len(story), inputs | {name: outputs[name] for name in _FEATURES}
        )

    def respond(self, encoded, question):
        """The `Reply` to a question about an `EncodedStory`.

        It equals that of `answer`, and the server reads the story no more.
        """
        inputs = encoded.inputs | {"question": _questions([question])}
        outputs = self._predict("respond", inputs)
        return _replies(outputs, [encoded.sentences])[0]

    def converse(self, turns):
        """The `Reply` to the last of the turns, strings, the oldest first."""
        turns = _strings(turns, "turns")
        outputs = self._predict("converse", {"turns": _padded([turns])})
        return _replies(outputs, [len(turns)])[0]

    def signatures(self):
        """Names of inputs by the name of the signature."""
        return call_until(self.deadline, self._transport.signatures)

    def close(self):
        self._transport.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def _predict(self, signature, inputs):
        return call_until(
            self.deadline,
            lambda seconds: self._transport.predict(signature, inputs, seconds),
        )


def _grpc_transport(*arguments):
    # Imports TensorFlow, which a client over REST is spared.
    from export.client.grpc_transport import GrpcTransport

    return GrpcTransport(*arguments)


def _strings(values, name):
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise ValueError(
            f"Expected `{name}` to be a list of strings. Received: {values!r}"
        )
    values = list(values)
    for value in values:
        if not isinstance(value, str):
            raise ValueError(
                f"Expected `{name}` to be strings. Received: {value!r}"
            )
    # A surrogate that stands alone cannot be written in UTF-8.
    return [value.encode(errors="replace").decode() for value in values]


def _questions(questions):
    return np.array(_strings(questions, "questions"), object)


def _padded(stories):
    """Stories as strings `(B, 1 + T)`, a blank sentence before each."""
    longest = max((len(story) for story in stories), default=0)
    padded = np.full((len(stories), 1 + longest), "", object)
    for row, story in zip(padded, stories, strict=True):
        row[1 : 1 + len(story)] = story
    return padded


def _replies(outputs, lengths):
    """A `Reply` for each row; attention to the sentences of its story."""
    replies = []
    for row in range(len(outputs["answer"])):
        attention = outputs["attention"][row]
        if lengths is not None:
            attention = attention[:, 1 : 1 + lengths[row]]
        support, ids = outputs["support"][row], outputs.get("ids")
        replies.append(
            Reply(
                answer=outputs["answer"][row],
                score=float(outputs["score"][row]),
                answers=tuple(outputs["answers"][row]),
                scores=tuple(outputs["scores"][row].tolist()),
                attention=attention,
                support=tuple(
                    texts if isinstance(texts, str) else tuple(texts)
                    for texts in support
                ),
                ids=None if ids is None else ids[row],
            )
        )
    return replies
