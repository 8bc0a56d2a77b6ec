"""A small server of SavedModels, for a laptop, for tests, without containers.

It speaks TensorFlow Serving's gRPC services and REST paths and is not
TensorFlow Serving: see `python -m export.serve --help`.

One event loop reads requests and writes replies; models run in threads.
A request goes through these modules:

    http, rest        REST: bytes, then paths and JSON
    grpc_service      gRPC
    json_tensors, proto_tensors   what came in, as arrays
    signature         checks them and runs the model
    batching, merging requests that wait are run as one
    versions, models  which version of which model answers
    metrics, limits, errors, server   what all of these share
"""
