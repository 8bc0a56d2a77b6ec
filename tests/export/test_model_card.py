import json

import pytest

from export import model_card, source
from memnet_tf.layers.retrieval import flavours

SOURCE = source.Source(None, "a world", {"test": 99.5}, "Apache-2.0", [])


def _card(network, saved_model, found=SOURCE, flavour=None):
    found = found._replace(network=network)
    return model_card.model_card("ask", found, saved_model, flavour)


@pytest.mark.parametrize("network", ["MemN2N"], indirect=True)
def test_a_card_tells_what_the_model_is(network, saved_model):
    card = _card(network, saved_model)
    assert card["name"] == "ask"
    assert card["model"] == "MemN2N"
    assert card["config"]["hops"] == 3
    assert "vocabulary" not in card["config"]
    assert card["vocabulary_size"] == network.word_ids.vocabulary_size
    assert card["parameters"] == network.count_params() > 1000
    assert set(card["versions"]) == {
        "keras",
        "memnet_tf",
        "python",
        "tensorflow",
    }


@pytest.mark.parametrize("network", ["MemN2N"], indirect=True)
def test_a_card_tells_the_signatures(network, saved_model):
    signatures = _card(network, saved_model)["signatures"]
    assert sorted(signatures) == ["encode", "respond", "serving_default"]
    assert signatures["encode"] == {
        "inputs": {"story": {"dtype": "string", "shape": [None, None]}},
        "outputs": {
            "mask": {"dtype": "bool", "shape": [None, 20]},
            "sentence": {"dtype": "int32", "shape": [None, 20]},
            "slots": {"dtype": "float32", "shape": [None, 20, 4, 20]},
            "time": {"dtype": "int32", "shape": [None, 20]},
        },
    }
    served = signatures["serving_default"]["outputs"]
    assert served["attention"] == {"dtype": "float32", "shape": [None, 3, None]}


@pytest.mark.parametrize("network", ["MemN2N"], indirect=True)
def test_what_is_not_known_is_said_to_be_absent(network, saved_model):
    known = _card(network, saved_model)
    assert known["absent"] == []
    assert known["trained_on"] == "a world"
    assert known["figures"] == {"test": 99.5}
    assert known["licence"] == "Apache-2.0"
    nothing = source.Source(None, None, None, None, [])
    card = _card(network, saved_model, nothing)
    assert card["absent"] == ["trained_on", "figures", "licence"]
    assert card["figures"] is None


@pytest.mark.parametrize("network", ["MemN2N"], indirect=True)
def test_a_card_tells_the_flavour_and_what_it_needs(network, saved_model):
    card = _card(network, saved_model)
    assert card["memory"] is None
    assert card["needs"].startswith("TensorFlow alone")
    flavour = flavours.choose(1_000_000)
    card = _card(network, saved_model, flavour=flavour)
    assert card["memory"]["name"] == "inverted file"
    assert card["memory"]["slots"] == 1_000_000
    assert card["needs"] == flavour.needs


@pytest.mark.parametrize("network", ["MemNN"], indirect=True)
def test_a_card_is_json_in_the_folder(network, saved_model):
    card = _card(network, saved_model)
    model_card.write(card, saved_model)
    path = saved_model / "assets.extra" / "model_card.json"
    assert json.loads(path.read_text()) == json.loads(json.dumps(card))
