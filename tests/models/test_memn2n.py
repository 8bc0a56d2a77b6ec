import keras
import numpy as np
import pytest

from memnet_tf.models import MemN2N
from memnet_tf.training import MarginRanking
from tests.models import task
from tests.models.task import WORDS

RANDOM = np.random.default_rng(0)
UNITS, HOPS, SLOTS = 4, 3, 4
STORY = np.array(
    [
        [[2, 6, 4], [3, 6, 5], [2, 6, 0], [0, 0, 0]],
        [[3, 6, 4], [0, 0, 0], [1, 5, 2], [7, 0, 0]],
        [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]],
    ],
    "int32",
)
QUESTION = np.array([[7, 2, 0], [7, 3, 1], [7, 0, 0]], "int32")


def _model(**arguments):
    keras.utils.set_random_seed(0)
    model = MemN2N(WORDS, 3, SLOTS, UNITS, HOPS, **arguments)
    for weight in model.trainable_weights:
        weight.assign(RANDOM.normal(size=weight.shape) * 0.5)
    return model


def _sentence(table, words, encoding):
    """sum_j l_j * A x_j of section 4.1; A is `table (V, d)`."""
    words = [word for word in words if word]
    total = np.zeros(UNITS)
    for j, word in enumerate(words, start=1):
        k = np.arange(1, UNITS + 1)
        weights = np.ones(UNITS)
        if encoding == "position":
            weights = (1 - j / len(words)) - k / UNITS * (
                1 - 2 * j / len(words)
            )
        total += weights * table[word]
    return total


def _answer(model, story, question, encoding):
    """Sections 2.1 and 2.2 for one example: logits and addresses."""
    adjacent = model.question_map is None
    embeddings = model.input_map.embeddings.numpy()
    tables = np.split(embeddings, embeddings.shape[1] // UNITS, axis=1)
    filled = [slot for slot in range(SLOTS) if story[slot].any()]

    def memories(table):
        """m_i = sum_j A x_ij + T_A(i), for the filled slots."""
        rows = []
        for number, slot in enumerate(filled):
            row = _sentence(tables[table], story[slot], encoding)
            if model.time_encoding is not None:
                age = len(filled) - number
                row = row + model.time_encoding.embeddings.numpy()[age, table]
            rows.append(row)
        return np.array(rows).reshape(-1, UNITS)

    if adjacent:  # B = A_1
        state = _sentence(tables[0], question, encoding)
    else:
        table = model.question_map.embeddings.numpy()
        state = _sentence(table, question, encoding)
    addresses = np.zeros((HOPS, SLOTS))
    for hop in range(HOPS):
        key, value = (hop, hop + 1) if adjacent else (0, 1)
        scores = memories(key) @ state
        shares = np.exp(scores) / np.exp(scores).sum() if filled else scores
        addresses[hop, filled] = shares
        if not adjacent:
            state = state @ model.output_map.state_map.numpy()
        state = state + shares @ memories(value)
    last = tables[-1] if adjacent else model.response.embeddings.numpy()
    logits = last @ state
    logits[:2] = -3e4  # padding and the unknown word are no answers
    return logits, addresses


@pytest.mark.parametrize("time_encoding", [True, False])
@pytest.mark.parametrize("encoding", ["position", "bag_of_words"])
@pytest.mark.parametrize("tying", ["adjacent", "layer_wise"])
def test_the_forward_pass_is_that_of_the_paper(tying, encoding, time_encoding):
    model = _model(tying=tying, encoding=encoding, time_encoding=time_encoding)
    outputs = model({"story": STORY, "question": QUESTION})
    for row in range(len(STORY)):
        logits, addresses = _answer(model, STORY[row], QUESTION[row], encoding)
        np.testing.assert_allclose(outputs["answer"][row], logits, atol=1e-5)
        np.testing.assert_allclose(
            outputs["addresses"][row], addresses, atol=1e-5
        )


def test_an_unknown_encoding_is_an_error():
    with pytest.raises(ValueError, match="Expected `encoding`.*'gru'"):
        _model(encoding="gru")


def _fit(model, x, y, epochs, loss=None):
    model.compile(
        keras.optimizers.Adam(0.05),
        loss,
        jit_compile=False,
        steps_per_execution=10,
    )
    model.fit(x, y, batch_size=8, epochs=epochs, verbose=0)
    return model


def _small(**arguments):
    keras.utils.set_random_seed(0)
    return MemN2N(
        WORDS,
        3,
        memory_size=2,
        units=8,
        hops=1,
        encoding="bag_of_words",
        time_encoding=False,
        **arguments,
    )


def test_training_on_strings_is_training_on_ids():
    on_text = _fit(_small(), task.TEXT, task.ANSWERS, epochs=1)
    model = _small()
    on_ids = _fit(model, *model.encode(task.TEXT, task.ANSWERS), epochs=1)
    for one, two in zip(on_text.weights, on_ids.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


@pytest.mark.parametrize("tying", ["adjacent", "layer_wise"])
def test_a_tiny_task_is_learnt_and_kept_by_saving(tying, tmp_path):
    model = _fit(_small(tying=tying), task.TEXT, task.ANSWERS, epochs=10)
    task.assert_learnt(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    task.assert_same_answers(loaded, model)


def test_labels_of_support_teach_hard_addressing_what_to_read():
    loss = {
        "answer": keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="sum"
        ),
        "scores": MarginRanking(),
    }
    model = _small(addressing="hard")
    x = {**task.TEXT, "support": task.SUPPORT}
    task.assert_learnt(_fit(model, x, task.ANSWERS, 5, loss))
    task.assert_reads_support(model)
