"""Asks a served network, over gRPC or REST.

One question, in a second (in five over gRPC, whose messages load TensorFlow):

    python -m export.client --rest=http://localhost:8501 --model=memn2n \
        --story="John went to the garden" --question="Where is John?"

prints the answer, its score and what each hop read. A file of questions,
lines of `{"story": [...], "question": "..."}`, many at once, to lines of
JSON in the same order:

    python -m export.client --grpc=localhost:8500 --model=memn2n \
        --questions_file=questions.jsonl --output=replies.jsonl

With --story or --story_file beside it, lines are `{"question": "..."}`: the
story is sent once to `encode`, and every question to `respond`. And

    python -m export.client --grpc=localhost:8500 --model=memn2n --conversation

remembers what you type, and answers what ends with a question mark; `forget`
begins anew, an empty line ends. Exit code 1: the error stands on stderr, or
in the line of its question.
"""

import contextlib
import json
import pathlib
import sys

import rich.console
import rich.progress
from absl import app, flags

from export.client import Client, ServingError, question_files
from export.client.conversation import Conversation

_MODEL = flags.DEFINE_string("model", None, "Name of the model.")
_GRPC = flags.DEFINE_string("grpc", None, "host:port of the gRPC service.")
_REST = flags.DEFINE_string("rest", None, "http://host:port of REST.")
_VERSION = flags.DEFINE_integer("version", None, "A version; else the newest.")
_LABEL = flags.DEFINE_string("label", None, "Label of a version.")
_DEADLINE = flags.DEFINE_float(
    "deadline", 10.0, "Seconds a request may take.", lower_bound=0
)
_STORY = flags.DEFINE_multi_string("story", None, "A sentence; repeatable.")
_STORY_FILE = flags.DEFINE_string("story_file", None, "A sentence to a line.")
_QUESTION = flags.DEFINE_string("question", None, "The question.")
_QUESTIONS_FILE = flags.DEFINE_string(
    "questions_file", None, "Questions, JSON to a line."
)
_OUTPUT = flags.DEFINE_string("output", None, "File of replies; else stdout.")
_IN_FLIGHT = flags.DEFINE_integer(
    "in_flight", 32, "Requests of a file at once.", lower_bound=1
)
_CONVERSATION = flags.DEFINE_bool("conversation", False, "Talk to it.")


def main(_):
    try:
        client = Client(
            _MODEL.value,
            grpc=_GRPC.value,
            rest=_REST.value,
            version=_VERSION.value,
            label=_LABEL.value,
            deadline=_DEADLINE.value,
        )
    except ValueError as error:
        raise app.UsageError(str(error)) from None
    with client:
        try:
            return _run(client)
        except (OSError, ServingError, ValueError) as error:
            print(error, file=sys.stderr)
            return 1


def _run(client):
    asked = (
        _QUESTION.value,
        _QUESTIONS_FILE.value,
        _CONVERSATION.value or None,
    )
    if sum(mode is not None for mode in asked) != 1:
        raise app.UsageError(
            "Expected one of --question, --questions_file and --conversation"
        )
    if _CONVERSATION.value:
        return _converse(Conversation(client))
    if _QUESTIONS_FILE.value is not None:
        return _ask_file(client, _story(), _QUESTIONS_FILE.value)
    reply = client.answer(_story(), _QUESTION.value)
    print(_shown(reply))
    return 0


def _story():
    """The sentences that were given; None where there are none."""
    sentences = list(_STORY.value or [])
    if _STORY_FILE.value is not None:
        text = pathlib.Path(_STORY_FILE.value).read_text(encoding="utf-8")
        sentences += text.splitlines()
    elif _STORY.value is None:
        return None
    return sentences


def _shown(reply):
    lines = [f"{reply.answer}  {reply.score:.2f}"]
    for number, read in enumerate(reply.support, start=1):
        texts = (read,) if isinstance(read, str) else read
        lines += [f" hop {number} read: {text}" for text in texts if text]
    return "\n".join(lines)


def _converse(conversation):
    prompt = "> " if sys.stdin.isatty() else ""
    while True:
        try:
            line = input(prompt).strip()
        except EOFError:
            return 0
        if not line:
            return 0
        if line == "forget":
            conversation.forget()
            continue
        try:
            reply = conversation.say(line)
        except ServingError as error:
            print(error, file=sys.stderr)
            continue
        if reply is not None:
            print(_shown(reply))


def _ask_file(client, story, path):
    with open(path, encoding="utf-8") as lines:
        requests = question_files.read(lines, one_story=story is not None)
    ask = client.answer
    if story is not None:
        encoded = client.encode(story)

        def ask(_, question):
            return client.respond(encoded, question)

    failed = 0
    with contextlib.ExitStack() as stack:
        output = sys.stdout
        if _OUTPUT.value is not None:
            output = stack.enter_context(
                open(_OUTPUT.value, "w", encoding="utf-8")
            )
        for reply in rich.progress.track(
            question_files.ask_all(ask, requests, _IN_FLIGHT.value),
            "questions",
            total=len(requests),
            console=rich.console.Console(stderr=True),
        ):
            output.write(json.dumps(reply, ensure_ascii=False) + "\n")
            failed += "error" in reply
    if failed:
        print(f"{failed} of {len(requests)} failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    flags.mark_flag_as_required("model")
    app.run(main)
