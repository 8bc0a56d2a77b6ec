"""Rows to search and queries to search for, none of which is a row."""

import pathlib

import numpy as np

MNIST = "mnist_70000x784_u8.npz"
CIFAR = "cifar10_4000x32x32x3_u8.npz"
_AT_ONCE = 100_000  # rows made at once, to spare memory


def topics(count, units, queries, seed=0):
    """Rows about topics, of which a few are talked about most.

    A mixture of `2 sqrt(count)` Gaussians whose weights follow Zipf's law
    and whose spectrum falls as `k ** -0.5` along random axes; the lengths
    of rows vary by a tenth. Rows of a topic differ by half of what topics
    differ by.

    Returns:
        `(rows (count, units), queries (queries, units))`, float32.
    """
    random = np.random.default_rng(seed)
    spectrum = np.arange(1, units + 1, dtype="float32") ** -0.5
    number = round(2 * count**0.5)
    centers = random.standard_normal((number, units), "float32") * spectrum
    axes = np.linalg.qr(random.standard_normal((units, units)))[0]
    axes = axes.astype("float32")
    weights = 1 / np.arange(1, number + 1)
    weights /= weights.sum()
    every = np.empty((count + queries, units), "float32")
    for start in range(0, len(every), _AT_ONCE):
        part = every[start : start + _AT_ONCE]
        part[:] = random.standard_normal(part.shape, "float32")
        part *= 0.5 * spectrum
        part += centers[random.choice(number, len(part), p=weights)]
        part[:] = part @ axes
        part *= random.lognormal(0, 0.1, (len(part), 1))
    return every[:-queries], every[-queries:]


def digits(data_dir, queries, seed=0):
    """MNIST's digits, `(rows (N, 784), queries)`; None without the file."""
    path = pathlib.Path(data_dir or "") / MNIST
    if not path.is_file():
        return None
    with np.load(path) as arrays:
        images = [a for a in map(arrays.get, arrays.files) if a.ndim > 1]
    rows = np.concatenate([image.reshape(len(image), -1) for image in images])
    return _parted(rows, queries, seed)


def patches(data_dir, queries, seed=0):
    """CIFAR's patches of 8 x 8, `(rows (N, 192), queries)`, or None."""
    path = pathlib.Path(data_dir or "") / CIFAR
    if not path.is_file():
        return None
    with np.load(path) as arrays:
        (images,) = (a for a in map(arrays.get, arrays.files) if a.ndim > 2)
    images = images.reshape(-1, 4, 8, 4, 8, 3).transpose(0, 1, 3, 2, 4, 5)
    return _parted(images.reshape(-1, 192), queries, seed)


def _parted(rows, queries, seed):
    """Rows in any order, about their mean and of length 1."""
    rows = np.random.default_rng(seed).permutation(rows).astype("float32")
    rows -= rows.mean(axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6
    return rows[:-queries], rows[-queries:]
