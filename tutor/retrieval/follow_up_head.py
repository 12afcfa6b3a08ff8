"""Two linear classifiers over how a message is put: whether it leans on those before it, and whether, as a follow-up,
it is like those that the sources answer.

They read what the intents' classifier reads, the encoder's vector and the hashed character n-grams. How they were made:
tutor/training/follow_ups.py, and MODEL_CARD.md beside the weights.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from tutor.config import BUNDLED_FOLLOW_UPS
from tutor.retrieval import fitted
from tutor.retrieval.intents import FEATURES, features


@dataclass(frozen=True, slots=True)
class Put:
    """How a message is put, in logits: that it leans on those before it; that such a one is answered."""

    leaning: float
    answered: float


def put(text: str) -> Put:
    """How `text` is put.

    Raises:
        ModelError: the head is not there, or belongs to another encoder.
    """
    leaning, answered = head().logits(features(text))
    return Put(float(leaning), float(answered))


def head() -> fitted.Linear:
    """The bundled head; its classes are Put's fields in their order.

    Raises:
        ModelError: as for `put`.
    """
    return fitted.linear(BUNDLED_FOLLOW_UPS, FEATURES, tuple(field.name for field in fields(Put)))
