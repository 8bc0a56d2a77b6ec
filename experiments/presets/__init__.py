"""The trained networks that come with the library: see `__main__`."""
