"""A conversation with a network, a line at a time."""


class Conversation:
    """Remembers what was said, and asks the network.

    A network with the signature `converse` is handed every line as a turn,
    and its replies become turns too. Any other remembers lines as statements,
    and a line that ends with ? is a question about them; a network with a
    memory of its own is asked every line.

    Args:
        client: a `Client`.
    """

    def __init__(self, client):
        self._client = client
        signatures = client.signatures()
        self._converses = "converse" in signatures
        self._remembers = "story" not in signatures["serving_default"]
        self._said = []

    def say(self, line):
        """The `Reply` to a line, or None where it was only remembered."""
        if self._remembers:
            return self._client.answer(None, line)
        if self._converses:
            self._said.append(line)
            reply = self._client.converse(self._said)
            self._said.append(reply.answer)
            return reply
        if line.endswith("?"):
            return self._client.answer(self._said, line)
        self._said.append(line)
        return None

    def forget(self):
        """Forgets all that was said."""
        self._said.clear()
