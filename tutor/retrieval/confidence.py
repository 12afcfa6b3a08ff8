"""How surely the sources answer a question: a logistic regression over four signals.

Three are of the search, the fourth tells by the questions that are known (scope.py). On 400 new questions near the
subject that no source answers and 900 that one does, the three had an AUC of 0.79, all four, fitted to them, of 0.96.
Signals of single words (the least supported token, the rarest term that no passage holds) were tried and left out: what
they gained they gained by telling long questions, as those in the sources happen to be, from short ones. So were the
parts of the best sentence's score: fitted on 923 questions, each with and without the sentence that answers it (the
best part alone tells these apart with an AUC of 0.73), they leave the AUC of the three where it is, 0.95 and 0.94.
The weights come from `python -m tutor.evals.calibration`; `tutor eval retrieval` tells how well they do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WEIGHTS = (3.95, 4.07, 0.83, 1.76)
BIAS = -6.45
WEIGHTS_OF_SEARCH = (13.59, 4.54, 2.66)  # of the first three alone
BIAS_OF_SEARCH = -11.12
COVERED = 0.5  # below this confidence the sources do not hold the answer


@dataclass(frozen=True, slots=True)
class Signals:
    """What the search found for a question, the first three each 0 to 1 or nearly.

    nearest: cosine of the question with the nearest passage.
    known: share of its terms, by idf, that any source holds.
    named: share of the names in it that the passages found hold, see names.py.
    in_scope: how much likelier it is one that the articles answer than one that no source does, see scope.py; None
        where a passage found is of a source of which no questions are known.
    """

    nearest: float
    known: float
    named: float
    in_scope: float | None


def confidence(signals: Signals) -> float:
    """How surely the sources answer, 0 to 1: a probability, moved so that 4 % of what they do lies below COVERED."""
    found = (signals.nearest, signals.known, signals.named)
    if signals.in_scope is None:
        logit = BIAS_OF_SEARCH + _dot(WEIGHTS_OF_SEARCH, found)
    else:
        logit = BIAS + _dot(WEIGHTS, (*found, signals.in_scope))
    return 1 / (1 + math.exp(-logit))


def _dot(weights: Sequence[float], found: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, found, strict=True))
