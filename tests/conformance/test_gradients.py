import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.registry import (
    ENTRIES,
    MODELS,
    OF_SENTENCES,
    OTHERS,
    begin_with,
    made,
    story_and_question,
)

NAMES = [entry.name for entry in MODELS]
SUPPORT = np.array([[2, 0], [0, 0]], "int32")


def _least_likely(scores):
    """The answer with the lowest score, of those that can be given."""
    return np.argmin(np.where(scores > -1e4, scores, np.inf), axis=-1)


def _gradients(name, empty=False):
    """Gradients of a model's own losses, or of a sum of squares."""
    layer, inputs = made(name), ENTRIES[name].inputs
    with tf.GradientTape() as tape:
        if name not in NAMES:
            outputs = keras.tree.flatten(layer(**inputs))
            loss = sum(
                tf.reduce_sum(tf.square(out))
                for out in outputs
                if keras.backend.is_float_dtype(out.dtype)
            )
        else:
            story, question = story_and_question(name)
            story = story * (not empty)
            support = SUPPORT[:, : layer.hops]
            outputs = layer(
                {"story": story, "question": question, "support": support},
                training=True,
            )
            labels = {
                "answer": _least_likely(outputs["answer"].numpy()),
                layer.support_output: support,
            }
            loss = sum(
                tf.reduce_sum(compute(labels[key], outputs[key]))
                for key, compute in layer.losses_by_default().items()
            )
    weights = layer.trainable_weights
    return {
        weight.path: tf.convert_to_tensor(gradient).numpy()
        for weight, gradient in zip(
            weights, tape.gradient(loss, weights), strict=True
        )
    }


WITH_WEIGHTS = [
    *begin_with(
        "BagOf", "KeyValueEncoding", "Position", "Time", "CandidateResponse"
    ),
    "EntityEncoding",
    "AttentionGRU",
    "CrossReference",
    "GatedEntities_to_memory",
    "GatedEntities_tied",
    "GatedUpdate",
    "HalfReLUUpdate",
    "LeastUseful_to_memory",
    "InputFusion",
    "InteractionScore",
    "MappedUpdate",
    "MappedUpdate_kept",
    "MatchingResponse",
    "MemorizingAttention",
    "NearestGated_to_memory",
    "OutputMap_episodes",
    "OutputMap_gated",
    "OutputMap_layer_wise",
    "PReLUUpdate",
    "ProductKeyMemory",
    "ProductKeyUpdate",
    "QueryReduction",
    "ReLUUpdate",
    "ReadWriteMemory",
    "ReadWriteMemory_new",
    "ReadWriteMemory_sparse",
    "RecurrentEncoding",
    "RecurrentEncoding_tied",
    "SentenceResponse",
    "SentenceResponse_taught",
    "WindowRead",
    "WindowScore",
    "WordMask",
    "WordResponse",
    *[entry.name for entry in OTHERS],
    *NAMES,
]


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_every_weight_learns(name):
    gradients = _gradients(name)
    assert gradients
    for path, gradient in gradients.items():
        assert np.all(np.isfinite(gradient)), path
        assert np.any(gradient != 0), path


def test_no_layer_with_weights_is_left_out():
    for name in ENTRIES:
        assert (name in WITH_WEIGHTS) == bool(made(name).trainable_weights)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_story_gives_finite_gradients(name):
    gradients = _gradients(name, empty=True)
    for path, gradient in gradients.items():
        assert np.all(np.isfinite(gradient)), path
    learns = any(np.any(gradient != 0) for gradient in gradients.values())
    # Where a sentence is the answer or makes it, no sentences teach nothing.
    assert learns == (name not in OF_SENTENCES)
