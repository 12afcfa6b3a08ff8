"""Handwritten digits for the labs: E. Alpaydin and C. Kaynak's (1998), 8 x 8 pixels, which come with scikit-learn."""

from __future__ import annotations

import numpy as np

SIDE = 8  # of a picture


def read(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """All 1,797 in the seed's order, as pictures (N, 8, 8) in 0 to 1, and their classes (N,)."""
    from sklearn.datasets import load_digits

    data = load_digits()
    order = np.random.default_rng(seed).permutation(len(data.target))
    return (data.images[order] / 16).astype(np.float32), data.target[order].astype(np.int64)
