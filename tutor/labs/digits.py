"""Handwritten digits for the labs: E. Alpaydin and C. Kaynak's (1998), 8 x 8 pixels, which come with scikit-learn."""

from __future__ import annotations

import numpy as np

SIDE = 8  # of a picture


def load() -> tuple[np.ndarray, np.ndarray]:
    """All 1,797 as pictures (N, 8, 8) of grey values 0 to 16, and their classes (N,)."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return data.images.astype(np.float32), data.target.astype(np.int64)


def read(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The same in the seed's order, in 0 to 1."""
    pictures, classes = load()
    order = np.random.default_rng(seed).permutation(len(classes))
    return pictures[order] / 16, classes[order]
