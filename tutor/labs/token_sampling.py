"""From the scores of all tokens to the chances that one is drawn with: softmax, temperature, nucleus (top-p).

A. Holtzman, J. Buys, L. Du, M. Forbes and Y. Choi, "The Curious Case of Neural Text Degeneration" (2019): top-p.
"""

from __future__ import annotations

import numpy as np


def softmax(scores: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """p_i = exp(u_i / t) / Σ_j exp(u_j / t) for scores u (V,), with the largest taken off so that nothing overflows."""
    powers = np.exp((scores - scores.max()) / temperature)
    return powers / powers.sum()


def nucleus(p: np.ndarray, top_p: float) -> np.ndarray:
    """p (V,) within the smallest set of the likeliest tokens that holds at least `top_p` of it, 0 outside, sum 1."""
    kept = np.zeros_like(p)
    likeliest = np.argsort(-p, kind="stable")[: holding(p, top_p)]
    kept[likeliest] = p[likeliest]
    return kept / kept.sum()


def holding(p: np.ndarray, share: float) -> int:
    """How many of the likeliest tokens hold at least `share` of the probability p (V,); all of them for 1."""
    if share == 1:
        return len(p)
    return int(np.searchsorted(np.cumsum(-np.sort(-p)), share)) + 1


def entropy(p: np.ndarray) -> float:
    """-Σ p_i log2 p_i, in bits: 0 for a sure token, log2(V) where all are alike."""
    some = p[p > 0]
    return float(-(some * np.log2(some)).sum()) + 0.0  # not -0.0
