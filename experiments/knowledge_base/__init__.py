"""Questions that a knowledge base answers: see `__main__`."""
