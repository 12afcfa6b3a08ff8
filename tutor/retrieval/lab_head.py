"""tutor-labs: which lab a message asks to be run, if any, by a linear classifier.

It reads what the intents' classifier reads, the encoder's vector and the hashed character n-grams. How it was made:
tutor/training/labs.py, and MODEL_CARD.md beside the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tutor.config import BUNDLED_LABS
from tutor.retrieval import fitted
from tutor.retrieval.intents import FEATURES, features

NONE: Final = "none"  # the first class: nothing is to be run


@dataclass(frozen=True, slots=True)
class Wanted:
    """The lab that a message is likeliest to ask for, how likely, and how likely it asks for any."""

    lab: str
    likely: float
    any: float


def wanted(text: str) -> Wanted:
    """What `text` asks to be run.

    Raises:
        ModelError: the head is not there, or belongs to another encoder.
    """
    loaded = head()
    found = loaded.probabilities(features(text))
    best = int(found[1:].argmax()) + 1
    return Wanted(loaded.classes[best], float(found[best]), 1.0 - float(found[0]))


def head() -> fitted.Linear:
    """The bundled head; its classes are NONE, first, and the names of labs.

    Raises:
        ModelError: as for `wanted`.
    """
    return fitted.linear(BUNDLED_LABS, FEATURES)
