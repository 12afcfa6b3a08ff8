"""How likely the sources answer a question: a logistic regression over two signals of the search.

Signals of single words (the least supported token, the rarest term that no passage holds) were tried and left out: what
they gained they gained by telling long questions, as those in the sources happen to be, from short ones. The weights
come from `python -m tutor.evals.calibration`; `tutor eval retrieval` tells how well they do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WEIGHTS = (12.62, 3.69)
BIAS = -8.04
COVERED = 0.27  # below this confidence the sources do not hold the answer


@dataclass(frozen=True, slots=True)
class Signals:
    """What the search found for a question, each 0 to 1 or nearly.

    nearest: cosine of the question with the nearest passage.
    known: share of its terms, by idf, that any source holds.
    """

    nearest: float
    known: float


def confidence(signals: Signals) -> float:
    """The probability that the sources answer, 0 to 1."""
    nearest, known = WEIGHTS
    logit = BIAS + nearest * signals.nearest + known * signals.known
    return 1 / (1 + math.exp(-logit))
