"""Checks that a SavedModel answers as its network does, wherever it runs.

The same requests are answered by every signature as the network runs it; in a
TF1 Session, which is how TensorFlow Serving runs a SavedModel (some that
Python loads fail there); by a process that imports TensorFlow alone; and by a
C program. Replies are to be equal: see `export.compare`.
"""

from export import c_program, ways
from export.compare import DifferenceError, compare
from export.requests import inputs_of

BATCH = 50  # requests in a batch


def check(signatures, saved_model, requests):
    """Compares a SavedModel with its network, in every way to run it.

    Args:
        signatures: those that were written, as the network's `export`
            returns them.
        saved_model: the folder that they were written to.
        requests: a list of `Request`s.

    Returns:
        A line for each way to run it: that all is equal, or why it was not
        run.

    Raises:
        DifferenceError: a reply differs. The message tells the first.
    """
    inputs = inputs_by_signature(signatures)
    with ways.eager(signatures) as run:
        expected = replies(run, inputs, requests, BATCH)
    count = f"{len(requests)} replies by each of {', '.join(signatures)}"
    lines = []
    for name, way, batch in (
        ("a TF1 Session", ways.session, BATCH),
        ("a process of TensorFlow alone", ways.tensorflow_only, 1),
        ("a C program", ways.in_c, 1),
    ):
        try:
            with way(saved_model) as run:
                received = replies(run, inputs, requests, batch)
        except c_program.CannotBuildError as error:
            lines.append(f"{name}: not run. {error}")
            continue
        for signature in signatures:
            try:
                compare(requests, expected[signature], received[signature])
            except DifferenceError as error:
                raise DifferenceError(
                    f"In {name}, by {signature}: {error}"
                ) from None
        lines.append(f"{name}: {count} equal the network's")
    return lines


def inputs_by_signature(signatures):
    """Names of the inputs of each `Signature` of a dict."""
    return {
        name: [spec.name for spec in signature.inputs]
        for name, signature in signatures.items()
    }


def replies(run, inputs_by_signature, requests, batch_size):
    """What a way to run a model replies to requests, by every signature.

    A memory that `respond` takes is one that `encode` gave in the same way.

    Args:
        run: what a context of `export.ways` gives.
        inputs_by_signature: what the function of that name returns.
        requests: a list of `Request`s.
        batch_size: requests in a batch, which is padded.

    Returns:
        A list by the name of the signature, of a dict for each request, by
        the names of its outputs, without the batch: texts as bytes,
        `attention` of the sentences of a story without its padding.
    """
    batches = [
        requests[start : start + batch_size]
        for start in range(0, len(requests), batch_size)
    ]
    texts = [inputs_of(batch) for batch in batches]
    memories = [{} for _ in batches]
    found = {}
    for name, inputs in inputs_by_signature.items():
        known = [{**t, **m} for t, m in zip(texts, memories, strict=True)]
        outputs = run(name, [{key: k[key] for key in inputs} for k in known])
        if name == "encode":
            memories = outputs
        of_story = "story" in inputs or "turns" in inputs
        found[name] = [
            _row(output, row, len(request.story) if of_story else None)
            for output, batch in zip(outputs, batches, strict=True)
            for row, request in enumerate(batch)
        ]
    return found


def _row(outputs, row, sentences):
    """The reply to one request of a batch."""
    reply = {name: value[row] for name, value in outputs.items()}
    if "attention" in reply:
        reply["attention"] = reply["attention"][:, :sentences]
    return reply
