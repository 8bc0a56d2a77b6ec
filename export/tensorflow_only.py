"""Answers requests where TensorFlow is imported and nothing else is.

Run by `export.check`, which wants to know that a SavedModel needs neither
Keras nor memnet_tf. Takes the folder as its argument and requests as JSON
from stdin; strings are bytes written as Latin-1.
"""

import json
import sys

import tensorflow as tf


def main():
    model = tf.saved_model.load(sys.argv[1])
    serve = model.signatures["serving_default"]
    replies = []
    for story, question in json.load(sys.stdin):
        story = [sentence.encode("latin-1") for sentence in story]
        outputs = serve(
            story=tf.constant([story], tf.string, [1, len(story)]),
            question=tf.constant([question.encode("latin-1")]),
        )
        replies.append(
            {name: value.numpy().tolist()[0] for name, value in outputs.items()}
        )
    json.dump(replies, sys.stdout, default=lambda text: text.decode("latin-1"))


if __name__ == "__main__":
    main()
