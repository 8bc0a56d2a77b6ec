import builtins
import shutil

import numpy as np
import pytest
import tensorflow as tf

from export import warm_up, ways

pytestmark = pytest.mark.parametrize("network", ["MemNN"], indirect=True)


@pytest.fixture
def folder(saved_model, tmp_path):
    shutil.copytree(saved_model, tmp_path / "model")
    return tmp_path / "model"


def _read(folder):
    """Pairs of a signature and its inputs, from the file."""
    from tensorflow_serving.apis import prediction_log_pb2

    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    for record in tf.data.TFRecordDataset(str(path)):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        assert request.model_spec.name == "ask"
        yield (
            request.model_spec.signature_name,
            {key: tf.make_ndarray(p) for key, p in request.inputs.items()},
        )


@pytest.mark.serving
def test_every_signature_is_asked_in_the_shapes_that_clients_send(
    network, folder
):
    count = warm_up.write(network, network.signatures(), "ask", folder)
    requests = list(_read(folder))
    assert len(requests) == count <= 1000
    shapes = {}
    for name, inputs in requests:
        shapes.setdefault(name, []).append(
            inputs["story"].shape if "story" in inputs else None
        )
    alone = {(1, 1), (1, 2), (1, 4), (1, 8), (1, 16)}  # of 20 slots
    batches = {(8, 1), (8, 16), (32, 1), (32, 16)}
    assert set(shapes) == {"serving_default", "encode", "respond"}
    for found in shapes.values():
        assert set(found) == alone | batches
        assert len(found) == len(set(found))


@pytest.mark.serving
def test_a_session_answers_every_request(network, folder):
    warm_up.write(network, network.signatures(), "ask", folder)
    requests = list(_read(folder))
    with ways.session(folder) as run:
        for name, inputs in requests:
            (outputs,) = run(name, [inputs])
            batch = len(next(iter(inputs.values())))
            assert {len(value) for value in outputs.values()} == {batch}


@pytest.mark.serving
def test_a_memory_is_sent_as_it_was_encoded(network, folder):
    warm_up.write(network, network.signatures(), "ask", folder)
    requests = dict(_read(folder))  # the last of each
    with ways.session(folder) as run:
        (memory,) = run("encode", [requests["encode"]])
    for name, value in memory.items():
        np.testing.assert_array_equal(requests["respond"][name], value)


def test_without_the_protos_it_says_what_to_install(
    network, folder, monkeypatch
):
    def refuse(name, *rest):
        if name.startswith("tensorflow_serving"):
            raise ImportError(name)
        return real(name, *rest)

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(warm_up.CannotWriteError, match=r"memnet_tf\[serving"):
        warm_up.write(network, network.signatures(), "ask", folder)
    assert not (folder / warm_up.PATH).exists()
