"""I: from text and words to features."""
