"""How likely the sources answer a question: a logistic regression over three signals of the search.

Signals of single words (the least supported token, the rarest term that no passage holds) were tried and left out: what
they gained they gained by telling long questions, as those in the sources happen to be, from short ones. So were the
parts of the best sentence's score: fitted on 923 questions, each with and without the sentence that answers it (the
best part alone tells these apart with an AUC of 0.73), they leave the AUC of the three where it is, 0.95 and 0.94.
The weights come from `python -m tutor.evals.calibration`; `tutor eval retrieval` tells how well they do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WEIGHTS = (14.11, 5.10, 2.10)
BIAS = -11.35
COVERED = 0.29  # below this confidence the sources do not hold the answer


@dataclass(frozen=True, slots=True)
class Signals:
    """What the search found for a question, each 0 to 1 or nearly.

    nearest: cosine of the question with the nearest passage.
    known: share of its terms, by idf, that any source holds.
    named: share of the names in it that the passages found hold, see names.py.
    """

    nearest: float
    known: float
    named: float


def confidence(signals: Signals) -> float:
    """The probability that the sources answer, 0 to 1."""
    nearest, known, named = WEIGHTS
    logit = BIAS + nearest * signals.nearest + known * signals.known + named * signals.named
    return 1 / (1 + math.exp(-logit))
