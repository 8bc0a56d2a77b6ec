"""How well networks learn the 20 bAbI tasks: see `__main__`."""
