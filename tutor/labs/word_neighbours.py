"""What the word vectors of skip_gram.py show: a word's nearest ones, whether they keep company, and a map of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.labs.skip_gram import cosines, nearest

NEAREST = 5


def measured(i: int, names: Sequence[str], raw: np.ndarray, similar: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
    """The neighbours of word i by `similar` before and after training, and how often a nearest word is company.

    A word is "beside" another within WINDOW words of the vocabulary; "shared" words stand beside both.
    """
    untrained, trained = similar
    first = [np.argmax(s - 2 * np.eye(len(names)), axis=1) for s in similar]  # of others than the word itself
    company = [float(np.mean(raw[np.arange(len(names)), nearest_one] > 0)) for nearest_one in first]
    return {
        "word": names[i],
        "neighbours": [
            {
                "word": names[j],
                "cosine": round(float(trained[i, j]), 3),
                "cosine_before": round(float(untrained[i, j]), 3),
                "beside": bool(raw[i, j] > 0),
                "shared": int(((raw[i] > 0) & (raw[j] > 0)).sum()),
            }
            for j in nearest(trained, i, NEAREST)
        ],
        "neighbours_before": [names[j] for j in nearest(untrained, i, NEAREST)],
        "nearest_is_beside": {"before": round(company[0], 3), "after": round(company[1], 3)},
    }


def placed(i: int, names: Sequence[str], vectors: np.ndarray, frequent: Sequence[int]) -> dict[str, Any]:
    """The map of word i, its neighbours and frequent words; and their cosines, of the frequent words the farthest."""
    similar = cosines(vectors)
    near = [i, *nearest(similar, i, NEAREST)]
    others = [j for j in frequent if j not in near]
    unit = vectors[near + others] / np.linalg.norm(vectors[near + others], axis=1, keepdims=True)
    centred = unit - unit.mean(axis=0)
    _, spread, axes = np.linalg.svd(centred, full_matrices=False)  # PCA
    compared = near + sorted(others, key=lambda j: (similar[i, j], j))[:NEAREST]
    return {
        "map": {
            "words": [names[j] for j in near + others],
            "points": np.round(centred @ axes[:2].T, 3).tolist(),
            "variance": round(float((spread[:2] ** 2).sum() / (spread**2).sum()), 3),
        },
        "compared": {
            "words": [names[j] for j in compared],
            "cosines": np.round(similar[np.ix_(compared, compared)].astype(float), 2).tolist(),
        },
    }
