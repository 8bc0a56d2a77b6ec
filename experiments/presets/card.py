"""The file of a preset, and the examples on its card."""

import hashlib

from memnet_tf import files

MOST_BYTES = 1_000_000  # of a file: it comes with the library


def bare(network):
    """The network without its optimizer."""
    copy = type(network).from_config(network.get_config())
    copy.set_weights(network.get_weights())
    return copy


def write(network, path):
    """Writes a bare network and returns the SHA-256 of its file.

    Raises:
        ValueError: the file would be larger than `MOST_BYTES`; an earlier
            one is as it was.
    """
    with files.replaced(path) as unfinished:
        network.save(unfinished)
        content = unfinished.read_bytes()
        if len(content) > MOST_BYTES:
            raise ValueError(
                f"Expected {path.name} to have at most {MOST_BYTES:,} bytes. "
                f"Received: {len(content):,}"
            )
    return hashlib.sha256(content).hexdigest()


def examples(network, x, y):
    """Questions with their answers, and what the network answers.

    Args:
        network: the network.
        x: as `MemoryNetwork.fit` takes it.
        y: as `MemoryNetwork.fit` takes it.
    """
    told = zip(
        x["story"],
        x["question"],
        y,
        network.answer(x["story"], x["question"]),
        strict=True,
    )
    return [
        {
            "story": story,
            "question": question,
            "answer": answer,
            "predicted": predicted.text,
        }
        for story, question, answer, predicted in told
    ]
