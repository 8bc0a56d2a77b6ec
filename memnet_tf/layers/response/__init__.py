"""R: from what was read to an answer."""
