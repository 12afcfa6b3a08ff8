"""Two linear classifiers over how a message is put: whether it leans on those before it, and whether, as a follow-up,
it is like those that the sources answer.

They read what the intents' classifier reads, the encoder's vector and the hashed character n-grams. How they were made:
tutor/training/follow_ups.py, and MODEL_CARD.md beside the weights.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from tutor.config import BUNDLED_FOLLOW_UPS
from tutor.retrieval import fitted
from tutor.retrieval.intents import FEATURES, features
from tutor.text import typed

_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Put:
    """How a message is put, in logits: that it leans on those before it; that such a one is answered."""

    leaning: float
    answered: float


@dataclass(frozen=True, slots=True)
class Head:
    """Logistic regressions: `weight` has the shape (2, FEATURES), of Put's fields in their order, `bias` (2,)."""

    weight: np.ndarray
    bias: np.ndarray


def put(text: str) -> Put:
    """How `text` is put.

    Raises:
        ModelError: the head is not there, or belongs to another encoder.
    """
    loaded = head()
    leaning, answered = loaded.weight @ features(typed(text).strip()) + loaded.bias
    return Put(float(leaning), float(answered))


def head() -> Head:
    """The bundled head, loaded once.

    Raises:
        ModelError: as for `put`.
    """
    with _loading:
        return _load(BUNDLED_FOLLOW_UPS)


@cache
def _load(folder: Path) -> Head:
    tensors, _ = fitted.read(folder)
    found = fitted.shapes(tensors, ("weight", "bias"))
    if found != {"weight": (2, FEATURES), "bias": (2,)}:
        raise fitted.misshapen(folder, found)
    return Head(tensors["weight"], tensors["bias"])
