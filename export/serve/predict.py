"""What gRPC and REST have in common: a request to a model, and its reply."""

import asyncio

import grpc
from tensorflow_serving.apis import get_model_status_pb2

from export.serve.errors import RequestError, invalid
from export.serve.models import number_of

DEFAULT = "serving_default"


async def predict(
    models,
    limits,
    record,
    spec,
    values,
    as_array,
    output_filter=(),
    seconds=None,
):
    """Runs a signature of a model.

    Args:
        models: a `Models`.
        limits: a `Limits`.
        record: the request's `Record`.
        spec: a `ModelSpec`.
        values: function of the names of the signature's inputs that returns
            a mapping of names to values.
        as_array: function of a value, its `Input` and the most elements it
            may have, that returns an array.
        output_filter: names of the outputs to return; none for all.
        seconds: time to answer in; None for as long as it takes.

    Returns:
        The `Served` that answered, and a dict of arrays.

    Raises:
        RequestError: the request gets no answer.
    """
    served = models.served(spec)
    record.model = spec.name
    name = spec.signature_name or DEFAULT
    if name not in served.model.signatures:
        raise RequestError(
            grpc.StatusCode.FAILED_PRECONDITION,
            f'Serving signature key "{name}" not found. Expected one of '
            f"{sorted(served.model.signatures)}",
        )
    record.signature = name
    signature = served.model.signatures[name]
    wanted = signature.wanted(output_filter)
    inputs = signature.read(
        values(list(signature.inputs)),
        lambda value, spec: as_array(value, spec, limits.elements),
        limits,
    )
    reply = served.batching[name].submit(inputs)
    try:
        outputs = await asyncio.wait_for(reply, seconds)
    except asyncio.TimeoutError:
        raise RequestError(
            grpc.StatusCode.DEADLINE_EXCEEDED,
            f"No answer within {seconds} seconds",
        ) from None
    return served, {name: outputs[name] for name in wanted}


def status(models, spec):
    """The `GetModelStatusResponse` for a `ModelSpec`.

    Raises:
        RequestError: there is no such model or version.
    """
    if not spec.name:
        raise invalid("ModelSpec has no name specified.")
    number = number_of(spec)
    response = get_model_status_pb2.GetModelStatusResponse()
    for version, status in models.versions(spec.name).statuses():
        if number in (None, version):
            one = response.model_version_status.add()
            one.version = version
            one.state = one.State.Value(status.state)
            one.status.error_code = status.code.value[0]
            one.status.error_message = status.message
    if not response.model_version_status:
        raise RequestError(
            grpc.StatusCode.NOT_FOUND,
            f"Could not find any versions of model {spec.name}"
            if number is None
            else f"Could not find version {number} of model {spec.name}",
        )
    return response
