"""Messages of TensorFlow Serving that no package on PyPI ships.

Their fields, by name, number and type, as in `session_bundle_config.proto`
and `monitoring_config.proto` of TensorFlow Serving 2.20.0.
"""

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    wrappers_pb2,
)

_Field = descriptor_pb2.FieldDescriptorProto
_INT64, _BOOL, _STRING = (
    f".google.protobuf.{name}Value" for name in ("Int64", "Bool", "String")
)
_MESSAGES = {
    "BatchingParameters": {
        "max_batch_size": (1, _INT64),
        "batch_timeout_micros": (2, _INT64),
        "max_enqueued_batches": (3, _INT64),
        "num_batch_threads": (4, _INT64),
        "thread_pool_name": (5, _STRING),
        "allowed_batch_sizes": (6, _Field.TYPE_INT64),  # repeated
        "pad_variable_length_inputs": (7, _Field.TYPE_BOOL),
        "enable_large_batch_splitting": (8, _BOOL),
        "max_execution_batch_size": (9, _INT64),
    },
    "PrometheusConfig": {
        "enable": (1, _Field.TYPE_BOOL),
        "path": (2, _Field.TYPE_STRING),
    },
    "MonitoringConfig": {
        "prometheus_config": (1, ".tensorflow.serving.PrometheusConfig"),
    },
}


def _pool():
    file = descriptor_pb2.FileDescriptorProto(
        name="serving_configuration.proto",
        package="tensorflow.serving",
        syntax="proto3",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, (number, kind) in fields.items():
            field = message.field.add(
                name=field_name,
                number=number,
                label=_Field.LABEL_REPEATED
                if field_name == "allowed_batch_sizes"
                else _Field.LABEL_OPTIONAL,
            )
            if isinstance(kind, str):
                field.type, field.type_name = _Field.TYPE_MESSAGE, kind
            else:
                field.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    return pool


def message(name):
    """The class of a message."""
    return message_factory.GetMessageClass(
        _POOL.FindMessageTypeByName(f"tensorflow.serving.{name}")
    )


_POOL = _pool()
