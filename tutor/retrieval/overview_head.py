"""Whether a message asks for an overview, and of what: a linear classifier.

It reads what the intents' classifier reads, the encoder's vector and the hashed character n-grams. How it was made:
tutor/training/overviews.py, and MODEL_CARD.md beside the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from tutor.config import BUNDLED_OVERVIEWS
from tutor.retrieval import fitted
from tutor.retrieval.intents import FEATURES, features
from tutor.text import typed

# Of the whole history or a period of it; of one topic; of what led up to something.
Kind = Literal["whole", "topic", "lineage"]
NONE: Final = "none"
KINDS: Final[tuple[Kind, ...]] = ("whole", "topic", "lineage")
END = "?!.~ "  # marks that are left off: most requests are typed without, most questions of the corpus with


@dataclass(frozen=True, slots=True)
class Wanted:
    """The kind of overview that a message is likeliest to ask for, and how likely it asks for any."""

    kind: Kind
    any: float


def wanted(text: str) -> Wanted:
    """What overview `text` asks for.

    Raises:
        ModelError: the head is not there, or belongs to another encoder.
    """
    likely = head().probabilities(features(typed(text).strip().rstrip(END)))[1:]
    return Wanted(KINDS[int(likely.argmax())], float(likely.sum()))


def head() -> fitted.Linear:
    """The bundled head; its classes are NONE and KINDS.

    Raises:
        ModelError: as for `wanted`.
    """
    return fitted.linear(BUNDLED_OVERVIEWS, FEATURES, (NONE, *KINDS))
