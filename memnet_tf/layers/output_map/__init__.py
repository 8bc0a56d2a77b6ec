"""O: from a question and a memory to what was read."""
