#!/bin/sh
# Serves the newest version of a model with TensorFlow Serving's own image:
#
#     export/deploy/tensorflow_serving.sh models/memn2n
#
# The folder holds versions 1, 2 ...; a new one is loaded as soon as it is
# there, and the older one is then dropped. The model is called what the
# folder is called. gRPC on port 8500, REST on port 8501. With
# CONTAINERS=podman another engine runs it.
set -eu

if [ $# -ne 1 ] || [ ! -d "$1" ]; then
    echo "Expected one folder of versions. Received: $*" >&2
    exit 1
fi
folder=$(cd "$1" && pwd)
name=$(basename "$folder")
config=$(cd "$(dirname "$0")" && pwd)

exec "${CONTAINERS:-docker}" run --rm --name "$name" \
    --publish 8500:8500 \
    --publish 8501:8501 \
    --volume "$folder:/models/$name:ro" \
    --volume "$config:/config:ro" \
    --env "MODEL_NAME=$name" \
    tensorflow/serving:2.20.0 \
    --enable_batching=true \
    --batching_parameters_file=/config/batching.config \
    --monitoring_config_file=/config/monitoring.config
