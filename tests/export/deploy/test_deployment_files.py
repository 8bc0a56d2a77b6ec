"""The files fit TensorFlow Serving, Kubernetes and each other."""

import os
import pathlib
import re
import subprocess

import kubernetes_validate
import pytest
import tensorflow as tf
import yaml
from google.protobuf import text_format

import export
from tests.export.deploy import protos

FOLDER = pathlib.Path(export.__file__).with_name("deploy")
# Of those in main.cc of TensorFlow Serving 2.20.0.
SERVER_FLAGS = {
    "allow_version_labels_for_unavailable_models",
    "batching_parameters_file",
    "enable_batching",
    "enable_grpc_healthcheck_service",
    "model_config_file",
    "model_config_file_poll_wait_seconds",
    "monitoring_config_file",
    "port",
    "rest_api_port",
    "tensorflow_session_parallelism",
}


def _text(name):
    return (FOLDER / name).read_text()


def _parsed(name, message):
    return text_format.Parse(_text(name), message())


@pytest.fixture(scope="module")
def manifests():
    parts = yaml.safe_load_all(_text("kubernetes.yaml"))
    return {part["kind"]: part for part in parts}


@pytest.fixture(scope="module")
def container(manifests):
    (container,) = manifests["Deployment"]["spec"]["template"]["spec"][
        "containers"
    ]
    return container


@pytest.fixture(scope="module")
def service():
    return yaml.safe_load(_text("compose.yaml"))["services"]["serving"]


def test_batching_parameters_are_what_the_server_reads():
    batching = _parsed("batching.config", protos.message("BatchingParameters"))
    assert batching.max_batch_size.value == 128
    assert batching.batch_timeout_micros.value == 0
    assert batching.max_enqueued_batches.value > 0
    assert batching.pad_variable_length_inputs
    # Where sizes are listed, the last has to be the largest batch.
    assert not batching.allowed_batch_sizes


def test_a_parameter_that_the_server_does_not_know_is_found():
    with pytest.raises(text_format.ParseError, match="max_batch_sizes"):
        text_format.Parse(
            "max_batch_sizes { value: 1 }",
            protos.message("BatchingParameters")(),
        )


def test_as_many_batches_run_as_there_are_cores(container, service):
    batching = _parsed("batching.config", protos.message("BatchingParameters"))
    cores = batching.num_batch_threads.value
    assert container["resources"]["limits"]["cpu"] == str(cores)
    assert service["cpus"] == cores
    flag = f"--tensorflow_session_parallelism={cores}"
    assert flag in container["args"]
    assert flag in service["command"]


def test_metrics_are_where_prometheus_is_told_to_look(manifests):
    monitoring = _parsed(
        "monitoring.config", protos.message("MonitoringConfig")
    )
    assert monitoring.prometheus_config.enable
    template = manifests["Deployment"]["spec"]["template"]
    annotations = template["metadata"]["annotations"]
    path = annotations["prometheus.io/path"]
    assert monitoring.prometheus_config.path == path


@pytest.mark.serving
def test_labels_are_of_versions_that_are_served():
    config = pytest.importorskip(
        "tensorflow_serving.config.model_server_config_pb2"
    )
    models = _parsed("models.config", config.ModelServerConfig)
    (model,) = models.model_config_list.config
    assert (model.name, model.base_path) == ("memn2n", "/models/memn2n")
    versions = set(model.model_version_policy.specific.versions)
    assert len(versions) > 1
    assert set(model.version_labels) == {"stable", "candidate"}
    assert set(model.version_labels.values()) <= versions


@pytest.mark.parametrize("version", ["1.33", "1.37"])
def test_manifests_are_what_kubernetes_takes(manifests, version):
    assert set(manifests) == {"Deployment", "Service"}
    for manifest in manifests.values():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_field_that_kubernetes_does_not_know_is_found(manifests):
    wrong = {**manifests["Service"], "spec": {"port": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.37", strict=True)


def test_parts_of_the_manifest_find_each_other(manifests, container):
    spec = manifests["Deployment"]["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == labels
    assert manifests["Service"]["spec"]["selector"] == labels
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"grpc": 8500, "rest": 8501}
    for port in manifests["Service"]["spec"]["ports"]:
        assert port["port"] == ports[port["targetPort"]]
    for probe in ("startup", "readiness", "liveness"):
        (found,) = (
            action["port"]
            for action in container[f"{probe}Probe"].values()
            if isinstance(action, dict)
        )
        assert found in {*ports, *ports.values()}
    volumes = {volume["name"] for volume in spec["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes


def test_the_compose_file_says_what_compose_needs(service):
    assert set(yaml.safe_load(_text("compose.yaml"))) == {"name", "services"}
    # The names that the Compose Specification has for these.
    assert set(service) == {
        *("command", "cpus", "healthcheck", "image", "mem_limit", "ports"),
        *("restart", "volumes"),
    }
    assert service["ports"] == ["8500:8500", "8501:8501"]
    for volume in service["volumes"]:
        assert volume.endswith(":ro")
    test = service["healthcheck"]["test"]
    subprocess.run([*test[1:3], "-n", test[3]], check=True)


def test_every_file_that_is_named_is_there(container, service):
    named = re.findall(r"=/config/(\S+)", _text("tensorflow_serving.sh"))
    for argument in (*container["args"], *service["command"]):
        named += re.findall(r"=/config/(.+)", argument)
    assert set(named) == {
        *("batching.config", "models.config", "monitoring.config")
    }
    assert all((FOLDER / name).exists() for name in named)


def test_flags_are_those_of_the_server(container, service):
    script = _text("tensorflow_serving.sh").partition("serving:2.20.0")[2]
    flags = re.findall(r"--(\w+)=", script)
    for argument in (*container["args"], *service["command"]):
        flags.append(re.fullmatch(r"--(\w+)=.+", argument)[1])
    assert set(flags) == SERVER_FLAGS


def test_the_image_is_that_of_this_tensorflow(container, service):
    minor = ".".join(tf.__version__.split(".")[:2])
    image = f"tensorflow/serving:{minor}.0"
    assert container["image"] == service["image"] == image
    assert f"{image} \\\n" in _text("tensorflow_serving.sh")


def _run_script(tmp_path, *arguments):
    """What the script would start, one argument to a line."""
    engine = tmp_path / "bin" / "docker"
    engine.parent.mkdir()
    engine.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    engine.chmod(0o755)
    return subprocess.run(
        ["sh", FOLDER / "tensorflow_serving.sh", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": f"{engine.parent}:{os.environ['PATH']}"},
        cwd=tmp_path,
    )


def test_the_script_mounts_the_versions_under_the_models_name(tmp_path):
    (tmp_path / "some models" / "memn2n").mkdir(parents=True)
    ran = _run_script(tmp_path, "some models/memn2n/")
    assert ran.returncode == 0, ran.stderr
    arguments = ran.stdout.splitlines()
    folder = tmp_path / "some models" / "memn2n"
    assert f"{folder}:/models/memn2n:ro" in arguments
    assert f"{FOLDER}:/config:ro" in arguments
    assert "MODEL_NAME=memn2n" in arguments


@pytest.mark.parametrize("arguments", [[], ["no such folder"], ["a", "b"]])
def test_the_script_refuses_what_is_no_folder(tmp_path, arguments):
    ran = _run_script(tmp_path, *arguments)
    assert ran.returncode == 1
    assert "Expected one folder of versions" in ran.stderr
