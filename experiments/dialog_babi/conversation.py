"""A conversation with a trained network, and what its API calls return."""

from memnet_tf.datasets.dialog_babi.dialogs import BOT, USER

SILENCE = "<SILENCE>"  # what a user says who says nothing
API_CALL = "api_call"
ANY = "R_"  # before the name of a type, in a call that takes any of it


class Conversation:
    """What was said, and what the network replies.

    Args:
        network: a network trained by `experiments.dialog_babi`.
        knowledge: triples of name, relation and value, as `read_triples`
            returns them, of which API calls return some.

    Attributes:
        story: what was said and returned, as the network reads it.
    """

    def __init__(self, network, knowledge=()):
        self.network = network
        self.knowledge = knowledge
        self.story = []

    def reply(self, text):
        """What the bot says to a text; "" says nothing.

        Returns:
            The reply and, of an API call, what the knowledge base returned:
            a list of sentences, which the network will have read.
        """
        question = USER + (text.strip() or SILENCE)
        reply = self.network.answer(self.story, question).text
        self.story += [question, BOT + reply]
        returned = []
        if reply.startswith(API_CALL):
            returned = call(reply, self.knowledge)
            self.story += returned
        return reply, returned


def read_triples(text):
    r"""The triples of a knowledge base.

    Example:

    >>> read_triples("1 the_inn R_price\tcheap\n")
    [('the_inn', 'R_price', 'cheap')]
    """
    lines = (line.split(maxsplit=3)[1:] for line in text.splitlines())
    return [(name, relation, value) for name, relation, value in lines]


def call(api_call, knowledge):
    """What a knowledge base has of the places that an API call wants.

    Args:
        api_call: such as `"api_call italian rome two cheap"`, values that a
            place has to have; `"R_location"` stands for any location.
        knowledge: see `read_triples`.

    Returns:
        A list of sentences such as `"the_inn R_price cheap"`.

    Example:

    >>> knowledge = read_triples(
    ...     "1 inn R_price cheap\\n1 inn R_location rome\\n1 bar R_price cheap"
    ... )
    >>> call("api_call rome cheap", knowledge)
    ['inn R_price cheap', 'inn R_location rome']
    """
    values = api_call.split()[1:]
    wanted = {value for value in values if not value.startswith(ANY)}
    known = {}
    for name, _, value in knowledge:
        known.setdefault(name, set()).add(value)
    return [
        f"{name} {relation} {value}"
        for name, relation, value in knowledge
        if wanted <= known[name]
    ]
