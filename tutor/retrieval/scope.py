"""tutor-scope: whether a question is like those that the articles answer, or like those that no source does.

A kernel density is estimated of either kind (Parzen 1962), on the unit sphere of the encoder's vectors with the kernel
of von Mises and Fisher; the log of their ratio tells the two apart. How the vectors were made: tutor/training/scope.py,
and MODEL_CARD.md beside them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from tutor.config import BUNDLED_SCOPE
from tutor.retrieval import encoder, fitted

CONCENTRATION = 20.0  # of the kernel; 10 and 40 tell them apart less well

_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Scope:
    """Unit vectors of the questions that are `answered` and `unanswered`, shapes (n, 384) and (m, 384)."""

    answered: np.ndarray
    unanswered: np.ndarray

    def log_ratio(self, vectors: np.ndarray) -> np.ndarray:
        """How much likelier questions of `vectors`, shape (k, 384), are answered than not: (k,); 0 is as likely."""
        return _log_density(vectors, self.answered) - _log_density(vectors, self.unanswered)


def _log_density(vectors: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Up to a constant. No cosine is above 1, so nothing overflows, and e to the -40 is far from the smallest float."""
    return np.log(np.exp(CONCENTRATION * (vectors @ known.T - 1)).mean(axis=1))


def scope() -> Scope:
    """The bundled one, loaded once.

    Raises:
        ModelError: it is not there, or belongs to another encoder.
    """
    with _loading:
        return _load(BUNDLED_SCOPE)


@cache
def _load(folder: Path) -> Scope:
    tensors, _ = fitted.read(folder)
    found = fitted.shapes(tensors, ("answered", "unanswered"))
    if any(len(shape) != 2 or not shape[0] or shape[1] != encoder.DIMENSIONS for shape in found.values()):
        raise fitted.misshapen(folder, found)
    return Scope(tensors["answered"], tensors["unanswered"])
