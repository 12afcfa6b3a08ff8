"""The measures that the evaluations share, each a pure function, with its 95 % interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2_000
SEED = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `n` questions, 0..1, and its 95 % interval; `value` is nan where nothing was asked."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:6.1%} [{self.low:.1%}, {self.high:.1%}]" if self.n else "-"


def wilson(passed: int, total: int) -> tuple[float, float]:
    """The 95 % score interval of a rate (Wilson 1927), as shares of 1. (0, 1) where nothing was asked."""
    if not total:
        return 0.0, 1.0
    z, rate = 1.959964, passed / total
    centre = rate + z * z / (2 * total)
    spread = z * math.sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def share(passed: Sequence[bool] | np.ndarray) -> Estimate:
    """How many of `passed` are true, with Wilson's interval."""
    right, total = int(np.sum(passed)), len(passed)
    return Estimate(right / total if total else math.nan, *wilson(right, total), total)


def recall(ranks: Sequence[int], k: int) -> Estimate:
    """The share of questions whose first right result has a rank of 1..k; rank 0: none was found."""
    return share([1 <= rank <= k for rank in ranks])


def ndcg(rank: int, k: int = 10) -> float:
    """nDCG@k of a question with one right result at `rank`: 1 / log2(1 + rank); 0 beyond k or for rank 0."""
    return 1 / math.log2(1 + rank) if 1 <= rank <= k else 0.0


def bootstrap(values: Sequence[float]) -> Estimate:
    """The mean of `values` and its 95 % percentile interval over RESAMPLES resamples, the same at each call."""
    if not len(values):
        return Estimate(math.nan, 0.0, 1.0, 0)
    sample, rng = np.asarray(values, dtype=np.float64), np.random.default_rng(SEED)
    means = [sample[rng.integers(len(sample), size=len(sample))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(sample.mean()), float(low), float(high), len(sample))


def mean_ndcg(ranks: Sequence[int], k: int = 10) -> Estimate:
    return bootstrap([ndcg(rank, k) for rank in ranks])


def best_threshold(inside: Sequence[float], outside: Sequence[float]) -> float:
    """Below which score to decline, so that the share of `outside` declined less that of `inside` is greatest.

    The lowest such threshold, half-way between two scores (Youden's J); neither list may be empty.
    """
    kept, turned = np.array(inside), np.array(outside)
    scores = np.unique(np.concatenate([kept, turned]))
    cuts = np.concatenate([scores[:1], (scores[:-1] + scores[1:]) / 2])
    gains = [float((turned < cut).mean() - (kept < cut).mean()) for cut in cuts]
    return float(cuts[int(np.argmax(gains))])
