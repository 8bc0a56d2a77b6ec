"""How well networks learn the dialog bAbI tasks: see `__main__`."""
