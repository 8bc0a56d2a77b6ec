"""A conversation: what is said, what is looked up, what is shown."""

import types

import keras

from experiments.dialog_babi.conversation import (
    Conversation,
    call,
    read_triples,
)
from memnet_tf import models
from tests.datasets.test_dialog_babi import KNOWLEDGE, write
from tests.experiments.driver import run


class Parrot:
    """Says what it is told to, one text after the other."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.asked = []

    def answer(self, story, question):
        self.asked.append((list(story), question))
        return types.SimpleNamespace(text=self.replies.pop(0))


def test_what_an_api_call_returns_is_read_before_the_next_reply():
    parrot = Parrot("api_call rome", "what about the_inn")
    conversation = Conversation(parrot, read_triples(KNOWLEDGE))
    reply, returned = conversation.reply("a table in rome")
    assert reply == "api_call rome"
    assert returned == [
        "the_inn R_phone the_inn_phone",
        "the_inn R_location rome",
    ]
    assert conversation.reply("") == ("what about the_inn", [])
    story, question = parrot.asked[1]
    assert story == [
        "user: a table in rome",
        "bot: api_call rome",
        "the_inn R_phone the_inn_phone",
        "the_inn R_location rome",
    ]
    assert question == "user: <SILENCE>"


def test_an_api_call_may_leave_a_value_open():
    knowledge = read_triples(KNOWLEDGE)
    assert len(call("api_call R_cuisine R_location", knowledge)) == 3
    assert call("api_call madrid", knowledge) == []


def test_a_conversation_in_the_terminal(tmp_path):
    keras.utils.set_random_seed(0)
    network = models.MemN2N(
        ["rome"], sentence_length=5, candidates=["api_call rome"]
    )
    network.save(tmp_path / "network.keras")
    done = run(
        "experiments.chat",
        f"--model={tmp_path / 'network.keras'}",
        f"--manual_dir={write(tmp_path / 'copy')}",
        input="a table\n\nquit\n",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("bot: api_call rome") == 2
    assert "the_inn R_phone the_inn_phone" in done.stdout
