"""G: from features to the slots of a memory."""
