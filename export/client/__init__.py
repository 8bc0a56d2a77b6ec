"""Asks a served network questions, over gRPC or REST.

Over REST it needs NumPy alone. Over gRPC it needs the extra `serving`, whose
messages import TensorFlow: seconds, once, when the first such client is made.
"""

from export.client.client import Client, EncodedStory, Reply
from export.client.errors import ServingError

__all__ = ["Client", "EncodedStory", "Reply", "ServingError"]
