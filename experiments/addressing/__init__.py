"""The same network with only its addressing changed: see `__main__`."""
