import json

import keras
import pytest

from experiments.runs import Runs
from export import source
from memnet_tf import presets
from memnet_tf.models import MemN2N


def _network():
    return MemN2N(["john", "garden"], sentence_length=3, units=4)


def _save(folder, name, **known):
    folder.mkdir(parents=True, exist_ok=True)
    network = _network()
    network.save(folder / f"{name}.keras")
    if known:
        (folder / f"{name}.json").write_text(json.dumps(known))
    return network


def _same(one, other):
    return all(
        (a == b).all()
        for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )


def test_a_file_alone_tells_nothing(tmp_path):
    network = _save(tmp_path, "model")
    found = source.of_path(tmp_path / "model.keras")
    assert _same(found.network, network)
    assert found[1:] == (None, None, None, [])


def test_of_an_experiments_trainings_the_best_on_validation_is_taken(tmp_path):
    _save(tmp_path, "seed_0", validation=90.0, test=99.0, history={"loss": []})
    best = _save(tmp_path, "seed_1", validation=91.0, test=80.0)
    found = source.of_path(tmp_path)
    assert _same(found.network, best)
    assert found.figures == {"validation": 91.0, "test": 80.0}


def test_what_an_experiment_leaves_can_be_exported(tmp_path):
    network = _network()
    network.compile()
    result = Runs(tmp_path).train(
        network,
        {"story": [["john garden"]] * 4, "question": ["john"] * 4},
        ["garden"] * 4,
        lambda model: {"validation": 100.0},
        "MemN2N",
        "seed 0",
        batch_size=4,
        epochs=1,
    )
    found = source.of_path(tmp_path / "runs" / "MemN2N")
    assert _same(found.network, network)
    assert found.figures["validation"] == result["validation"] == 100.0


def test_a_preset_tells_what_it_was_trained_on():
    found = source.of_preset("memn2n_simulated_world")
    card = presets.card("memn2n_simulated_world")
    assert found.trained_on == card["trained_on"]
    assert found.figures == card["figures"]
    assert found.licence == "Apache-2.0"
    assert (
        found.examples[0].question == card["examples"][0]["question"].encode()
    )
    assert isinstance(found.network, keras.Model)


def test_what_is_no_network_is_an_error_that_says_where_some_are(tmp_path):
    with pytest.raises(ValueError, match=r"a \.keras file or a folder"):
        source.of_path(tmp_path / "model.keras")
    _save(tmp_path / "task" / "runs", "seed_0")
    with pytest.raises(ValueError, match=r"with some in .*task/runs"):
        source.of_path(tmp_path)
