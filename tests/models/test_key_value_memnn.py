import keras
import numpy as np
import pytest

from memnet_tf import layers, models
from memnet_tf.models import KeyValueMemNN
from tests.models import task

RANDOM = np.random.default_rng(0)
WORDS = ["oslo", "lima", "in", "norway", "peru", "speaks"]  # ids 2 to 7
FACTS = ["Oslo in Norway", "Lima in Peru", "Norway speaks Norse", "Peru in"]


def _network(encoding="triple", units=5, **arguments):
    network = KeyValueMemNN(
        WORDS, 4, 4, units, encoding=encoding, time_encoding=False, **arguments
    )
    for weight in network.trainable_weights:
        weight.assign(RANDOM.normal(size=weight.shape) * 0.7)
    return network


def _bag(table, words):
    return table[words[words > 0]].sum(axis=0)


def _answer(network, story, question, keep=lambda shares: shares):
    """Sections 3.1 and 3.2 of Miller et al. 2016 for triples."""
    table = np.array(network.input_map.every_table())  # A
    story = [words[words > 0] for words in story]
    keys = np.array([_bag(table, words[:-1]) for words in story])
    values = np.array([table[words[-1]] for words in story])
    state, addresses = _bag(table, question), []
    for matrix in network.output_map.update.maps:
        shares = keep(np.exp(keys @ state))
        addresses.append(shares / max(shares.sum(), 1e-30))
        read = addresses[-1] @ values
        kept = network.output_map.update.kept
        if kept is not None:
            state[:-kept], state[-kept:] = 0, state[-kept:] @ matrix.numpy()
            state = state + read
        else:
            state = (state + read) @ matrix.numpy()
    return network.response.embeddings.numpy() @ state, addresses


def _ids(network, questions):
    stories = [FACTS] * len(questions)
    return network.encode({"story": stories, "question": questions})[0]


def _assert_read(network, questions):
    """What the network answers is that of the paper.

    Args:
        network: the network.
        questions: a dict of questions, and of which `FACTS` each may read.
    """
    ids = _ids(network, list(questions))
    outputs = network(ids)
    for row, found in enumerate(questions.values()):
        logits, addresses = _answer(
            network,
            ids["story"][row],
            ids["question"][row],
            lambda shares, found=found: shares * found,
        )
        np.testing.assert_allclose(
            outputs["answer"][row, 2:], logits[2:], atol=1e-4
        )
        np.testing.assert_allclose(
            outputs["addresses"][row], addresses, atol=1e-5
        )


@pytest.mark.parametrize(
    "options",
    [{}, {"entities": ["oslo", "lima", "norway", "peru"], "code_units": 2}],
    ids=["words", "entities"],
)
def test_the_forward_pass_is_that_of_the_paper(options):
    network = _network(**options)
    _assert_read(
        network, {"Where in is Lima?": [1] * 4, "Oslo speaks": [1] * 4}
    )


def test_a_question_reads_the_memories_whose_keys_share_its_words():
    network = _network(
        addressing="top_k", k=4, key_hashing=True, stop_words=["in"]
    )
    _assert_read(
        network,
        {
            "Norway in?": [0, 0, 1, 0],
            "Peru in lima": [0, 1, 0, 1],
            "Bill speaks": [0, 0, 1, 0],
            "in": [0, 0, 0, 0],
        },
    )


def test_key_hashing_needs_memories_kept_as_words():
    with pytest.raises(ValueError, match="Expected addressing='top_k'"):
        _network(key_hashing=True)


@pytest.mark.parametrize(
    "options", [{}, {"addressing": "top_k", "k": 4}], ids=["all", "top_k"]
)
def test_without_backtracking_no_hop_reads_what_leads_back(options):
    network = _network(backtracking=False, **options)
    _assert_read(
        network,
        {
            "Where is Norway?": [0, 1, 1, 1],
            "Peru in lima": [1, 0, 1, 0],
            # Neither is known, and neither says where one came from.
            "Bill speaks Norse": [1, 1, 1, 1],
        },
    )


def test_a_sentence_leads_nowhere():
    with pytest.raises(ValueError, match="Expected `encoding`.*'sentence'"):
        _network("sentence", backtracking=False)


def test_keys_that_are_values_with_maps_that_change_nothing_are_memn2n():
    network = _network("sentence")
    for matrix in network.output_map.update.maps:
        matrix.assign(np.eye(5))
    memn2n = models.MemN2N(
        WORDS,
        4,
        4,
        units=5,
        hops=2,
        tying="layer_wise",
        encoding="bag_of_words",
        time_encoding=False,
    )
    table = network.input_map.embeddings.numpy()
    memn2n.input_map.embeddings.assign(np.tile(table, 2))
    memn2n.question_map.embeddings.assign(table)
    memn2n.output_map.state_map.assign(np.eye(5))
    memn2n.response.embeddings.assign(network.response.embeddings)
    ids = _ids(network, ["Lima speaks", "Peru"])
    for name, expected in memn2n(ids).items():
        np.testing.assert_allclose(network(ids)[name], expected, atol=1e-5)


@pytest.mark.parametrize("backtracking", [True, False])
def test_one_memory_of_triples_for_all_questions_is_read_alike(backtracking):
    network = _network(addressing="top_k", k=4, backtracking=backtracking)
    shared = models.SharedMemoryNetwork(
        word_ids=network.word_ids,
        input_map=network.input_map,
        output_map=layers.OutputMap(
            2,
            "top_k",
            k=4,
            tying="layer_wise",
            retrieval=layers.ExactRetrieval(),
            update=network.output_map.update,
        ),
        response=network.response,
        memory_size=4,
        backtracking=backtracking,
    )
    shared.remember(FACTS)
    for question in ("Where is Lima?", "Norway speaks", "Who is in Peru?"):
        one, other = network.answer(FACTS, question), shared.answer(question)
        assert one.text == other.text
        assert one.score == pytest.approx(other.score, abs=1e-6)


def test_an_answer_may_be_the_memory_that_was_read_most():
    network = _network(answers="memories")
    questions = ["Where in is Lima?", "Oslo speaks"]
    ids = _ids(network, questions)
    outputs = network(ids)
    shares = outputs["addresses"].numpy()[:, -1]
    np.testing.assert_allclose(np.exp(outputs["answer"]), shares, atol=1e-6)
    answers = network.answer([FACTS] * 2, questions)
    assert [a.text for a in answers] == [FACTS[n] for n in shares.argmax(1)]


def test_another_kind_of_answer_is_an_error():
    with pytest.raises(ValueError, match="Expected `answers`.*'entities'"):
        _network(answers="entities")


def test_entities_without_codes_are_an_error():
    with pytest.raises(ValueError, match="Expected `code_units`.*None"):
        _network(entities=["oslo"])
    with pytest.raises(ValueError, match="Expected `code_units`.*3"):
        _network(code_units=3)
    with pytest.raises(ValueError, match=r"Expected `entities`.*\['paris'\]"):
        _network(entities=["oslo", "paris"], code_units=3)


def test_an_update_keeps_no_more_features_than_there_are():
    with pytest.raises(ValueError, match="Expected `kept`.*at most 4.*: 5"):
        layers.MappedUpdate(kept=5)(np.ones((1, 4)), np.ones((1, 4)))
    with pytest.raises(ValueError, match="Expected `kept`.*: 0"):
        layers.MappedUpdate(kept=0)


def test_entities_that_training_never_asks_of_are_followed():
    keras.utils.set_random_seed(0)
    people = [f"person-{number}" for number in range(40)]
    network = KeyValueMemNN(
        [*people, "likes", "fears", "who", "does", "like", "fear"],
        6,
        8,
        units=80,
        hops=2,
        encoding="triple",
        time_encoding=False,
        n=2,
        answers="memories",
        entities=people,
        code_units=64,
        backtracking=False,
    )
    random = np.random.default_rng(0)

    def asked(count, known):
        stories, questions, answers = [], [], []
        for _ in range(count):
            a, b, c, d, e = random.permutation(known)[:5]
            stories.append(
                [
                    f"{a} likes {b}",
                    f"{b} fears {c}",
                    f"{b} likes {d}",
                    f"{a} fears {e}",
                    f"{b} likes {a}",  # it leads back
                ]
            )
            fear = random.random() < 0.5
            verb = "fear" if fear else "like"
            questions.append(f"who does who {a} like {verb}")
            answers.append(stories[-1][1 if fear else 2])
        return {"story": stories, "question": questions}, answers

    x, y = asked(256, people[:20])
    network.compile(keras.optimizers.Adam(0.03), steps_per_execution=8)
    network.fit(x, y, batch_size=32, epochs=30, verbose=0)
    x, y = asked(50, people[20:])
    answers = network.answer(x["story"], x["question"])
    assert sum(a.text == t for a, t in zip(answers, y, strict=True)) >= 48


def test_a_tiny_task_is_learnt():
    keras.utils.set_random_seed(0)
    network = KeyValueMemNN(task.WORDS, 3, 2, units=16, encoding="triple")
    network.compile(keras.optimizers.Adam(0.02), steps_per_execution=10)
    network.fit(task.TEXT, task.ANSWERS, batch_size=8, epochs=10, verbose=0)
    task.assert_learnt(network)
