"""The command, as a person runs it."""

import json

import pytest

from export.client import ServingError, question_files
from export.client.conversation import Conversation
from tests.experiments.driver import run
from tests.export.client import servers
from tests.export.client.test_client import OUTPUTS, OWN_MEMORY, STORY

QUESTION = "Where is John?"


def _client(address, *flags, **options):
    return run(
        "export.client", f"--rest={address}", "--model=m", *flags, **options
    )


def test_a_question_on_the_command_line(tmp_path):
    (tmp_path / "story.txt").write_text(f"{STORY[1]}\n")
    with servers.rest_server([(200, {"outputs": OUTPUTS})]) as (address, seen):
        done = _client(
            address,
            f"--story={STORY[0]}",
            f"--story_file={tmp_path / 'story.txt'}",
            f"--question={QUESTION}",
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"garden  0.50\n hop 1 read: {STORY[0]}\n"
    assert json.loads(seen[0][1])["inputs"]["story"] == [["", *STORY]]


def test_a_file_of_questions_about_one_story(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"question": "Who?"}\n\n' * 3)
    encoded = {"slots": [[[1.5]]], "mask": [[True]]}
    encoded |= {"time": [[0]], "sentence": [[1]]}
    replies = [(200, {"outputs": encoded}), *[(200, {"outputs": OUTPUTS})] * 2]
    replies.append((400, {"error": "no"}))
    with servers.rest_server(replies) as (address, seen):
        done = _client(
            address,
            f"--story={STORY[0]}",
            f"--story={STORY[1]}",
            f"--questions_file={tmp_path / 'in.jsonl'}",
            f"--output={tmp_path / 'out.jsonl'}",
            "--in_flight=1",
        )
    assert done.returncode == 1
    assert "1 of 3 failed" in done.stderr
    signatures = [json.loads(body)["signature_name"] for _, body in seen]
    assert signatures == ["encode", "respond", "respond", "respond"]
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    first, second, third = map(json.loads, lines)
    assert first == second
    assert first["answer"] == "garden"
    assert first["attention"] == [[0.75, 0.25]]
    assert "INVALID_ARGUMENT" in third["error"]


def test_a_conversation_remembers_statements_and_answers_questions():
    signatures = {"serving_default": {"inputs": {"story": {}, "question": {}}}}
    metadata = {"metadata": {"signature_def": {"signature_def": signatures}}}
    replies = [(200, metadata), *[(200, {"outputs": OUTPUTS})] * 2]
    with servers.rest_server(replies) as (address, seen):
        done = _client(
            address,
            "--conversation",
            input=f"{STORY[0]}\n{STORY[1]}\n{QUESTION}\nforget\n{QUESTION}\n\n",
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("garden  0.50") == 2
    stories = [json.loads(body)["inputs"]["story"] for _, body in seen[1:]]
    assert stories == [[["", *STORY]], [[""]]]


@pytest.mark.parametrize(
    "flags, message",
    [
        ([], "Expected one of --question"),
        (["--question=a", "--conversation"], "Expected one of --question"),
        (["--question=a", "--grpc=localhost:1"], "either `grpc` or `rest`"),
    ],
)
def test_flags_that_cannot_be_meant_are_refused(flags, message):
    done = _client("http://localhost:1", *flags)
    assert done.returncode == 1
    assert message in done.stdout + done.stderr


def test_an_error_is_one_line_and_an_exit_code():
    done = _client("http://localhost:1", "--question=a", "--deadline=0.3")
    assert done.returncode == 1
    assert done.stderr.startswith("There is no server")
    assert "Traceback" not in done.stderr


# The parts of it


class Model:
    """A client that tells what it was asked."""

    def __init__(self, signatures):
        self._signatures = signatures

    def signatures(self):
        return self._signatures

    def answer(self, story, question):
        return ("answer", story and tuple(story), question)

    def converse(self, turns):
        self.turns = tuple(turns)
        return type("Reply", (), {"answer": f"reply {len(turns)}"})


def test_a_dialog_network_is_handed_every_turn():
    model = Model({"serving_default": ["question", "story"], "converse": []})
    conversation = Conversation(model)
    assert conversation.say("Hello").answer == "reply 1"
    assert conversation.say("A table").answer == "reply 3"
    assert model.turns == ("Hello", "reply 1", "A table")


def test_a_network_with_its_own_memory_is_asked_every_line():
    conversation = Conversation(Model({"serving_default": ["question"]}))
    assert conversation.say("Where?") == ("answer", None, "Where?")


@pytest.mark.parametrize(
    "line, message",
    [
        ("{", "JSON in line 2"),
        ("[]", "in line 2"),
        ('{"story": []}', "in line 2"),
        ('{"question": "a", "storey": []}', "'question', 'story'"),
    ],
)
def test_a_line_that_is_no_question_is_told(line, message):
    with pytest.raises(ValueError, match=message):
        question_files.read(["", line], one_story=False)


def test_replies_keep_the_order_of_the_questions():
    def ask(story, question):
        raise ServingError("INTERNAL", "here", question)

    requests = question_files.read(
        [json.dumps({"question": str(number)}) for number in range(50)],
        one_story=False,
    )
    replies = list(question_files.ask_all(ask, requests, in_flight=8))
    assert [reply["question"] for reply in replies] == [
        str(number) for number in range(50)
    ]


def test_memories_read_are_written_with_their_ids():
    from export.client.client import _replies
    from export.client.rest_transport import _array

    outputs = {name: _array(values) for name, values in OWN_MEMORY.items()}
    reply = question_files.reply_of(
        lambda story, question: _replies(outputs, None)[0], (None, "Where?")
    )
    assert json.loads(json.dumps(reply))["ids"] == [[7, 3]]
