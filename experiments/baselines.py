"""Networks without a memory, to compare with."""

import keras
from keras import ops

from memnet_tf import layers, text

CELLS = {"RNN": keras.layers.SimpleRNN, "LSTM": keras.layers.LSTM}


class RecurrentReader(keras.Model):
    """Reads the story and then the question word by word, and answers.

    Takes and gives what a `MemoryNetwork` does, but for addresses.

    Args:
        vocabulary: the known words, answers among them.
        sentence_length: `W`, words kept of a sentence.
        memory_size: `S`, sentences kept of a story.
        cell: one of `CELLS`.
        units: size of embeddings and state.
    """

    hops = 1
    support_output = "support"
    candidates = ()  # it answers with words

    def __init__(
        self,
        vocabulary,
        sentence_length,
        memory_size,
        cell="LSTM",
        units=50,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.arguments = {
            "vocabulary": vocabulary,
            "sentence_length": sentence_length,
            "memory_size": memory_size,
            "cell": cell,
            "units": units,
        }
        self.word_ids = layers.WordIds(vocabulary, sentence_length)
        self.memory_size = memory_size
        words = self.word_ids.vocabulary_size
        self.embedding = keras.layers.Embedding(words, units)
        self.recurrent = CELLS[cell](units)
        self.response = keras.layers.Dense(words)
        self.build()

    def build(self, input_shape=None):
        length = self.word_ids.sentence_length
        self.word_ids(keras.KerasTensor((None,), "string"))
        self.call(
            {
                "story": keras.KerasTensor(
                    (None, self.memory_size, length), "int32"
                ),
                "question": keras.KerasTensor((None, length), "int32"),
            }
        )
        self.built = True

    def call(self, inputs):
        story, question = inputs["story"], inputs["question"]
        length = story.shape[1] * story.shape[2]
        words = ops.concatenate(
            [ops.reshape(story, (-1, length)), question], axis=1
        )
        state = self.recurrent(
            self.embedding(words), mask=ops.not_equal(words, 0)
        )
        return {"answer": self.response(state)}

    def encode(self, x, y):
        """Strings as ids; see `MemoryNetwork.encode`."""
        return text.encode(self, x, y)

    def compile(self, optimizer):
        super().compile(
            optimizer,
            loss={
                "answer": keras.losses.SparseCategoricalCrossentropy(
                    from_logits=True
                )
            },
            metrics={
                "answer": keras.metrics.SparseCategoricalAccuracy("accuracy")
            },
            jit_compile=True,
            steps_per_execution=32,
        )

    def get_config(self):
        return {**super().get_config(), **self.arguments}
