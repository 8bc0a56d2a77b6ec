"""A disk that is as good as full."""

import contextlib
import resource


@contextlib.contextmanager
def files_of_at_most(size):
    """Writing more bytes to a file fails, as it does on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
