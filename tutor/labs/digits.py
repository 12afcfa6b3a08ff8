"""Handwritten digits for the labs: E. Alpaydin and C. Kaynak's (1998), 8 x 8 pixels, which come with scikit-learn."""

from __future__ import annotations

from importlib.metadata import distribution

import numpy as np

SIDE = 8  # of a picture


def read(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """All 1,797 in the seed's order, as pictures (N, 8, 8) in 0 to 1, and their classes (N,).

    The table is read as scikit-learn's load_digits does, but without importing scikit-learn, which takes a second.
    """
    table = np.loadtxt(
        str(distribution("scikit-learn").locate_file("sklearn/datasets/data/digits.csv.gz")), "f4", delimiter=","
    )
    table = table[np.random.default_rng(seed).permutation(len(table))]
    return table[:, :-1].reshape(-1, SIDE, SIDE) / 16, table[:, -1].astype(np.int64)
